"""Scores of a case."""

from functools import partial

import numpy as np
import pytest

from kseg.labels import Label
from kseg.metrics.overlap import dice
from kseg.metrics.score import Divided, is_divided, measure_case, score_case, structure_ml
from kseg.metrics.volume import volume_error_ml

METRICS = {"dice": partial(dice), "volume_error_ml": partial(volume_error_ml)}
SPACING_MM = (1.0, 1.0, 10.0)
SHAPE = (12, 12, 6)


def kidney():
    """A block of 4 x 4 x 2 voxels of cortex around 2 x 2 x 2 of medulla."""
    drawn = np.zeros(SHAPE, dtype=np.uint8)
    drawn[3:7, 3:7, 2:4] = Label.CORTEX
    drawn[4:6, 4:6, 2:4] = Label.MEDULLA
    return drawn


def as_dict(scores):
    return {(score.structure, score.metric): score.value for score in scores}


def test_every_structure_is_scored_by_every_metric():
    predicted = kidney()
    predicted[4:6, 4:6, 3] = Label.CORTEX  # half of the medulla is taken for cortex: 4 voxels
    scores = as_dict(score_case(kidney(), predicted, spacing_mm=SPACING_MM, metrics=METRICS))
    assert scores["parenchyma", "dice"] == 1
    assert scores["cortex", "dice"] == pytest.approx(2 * 24 / (24 + 28))
    assert scores["medulla", "dice"] == pytest.approx(2 * 4 / (8 + 4))
    assert scores["cortex", "volume_error_ml"] == pytest.approx(0.04)
    assert list(scores) == [(s, m) for s in ("parenchyma", "cortex", "medulla") for m in METRICS]


def test_what_the_outlines_do_not_divide_has_no_cortex_to_score():
    undivided = (kidney() > 0).astype(np.uint8) * np.uint8(Label.UNDIVIDED)
    scores = as_dict(score_case(undivided, kidney(), spacing_mm=SPACING_MM, metrics=METRICS))
    assert scores["parenchyma", "dice"] == 1
    assert np.isnan(scores["cortex", "dice"])
    assert np.isnan(scores["medulla", "volume_error_ml"])
    volumes = {row.structure: row for row in measure_case(undivided, kidney(), spacing_mm=SPACING_MM)}
    assert np.isnan(volumes["cortex"].reference_ml)
    assert volumes["cortex"].predicted_ml == pytest.approx(0.24)


def test_what_the_prediction_does_not_divide_has_no_cortex_to_measure():
    undivided = (kidney() > 0).astype(np.uint8) * np.uint8(Label.UNDIVIDED)
    scores = as_dict(score_case(kidney(), undivided, spacing_mm=SPACING_MM, metrics=METRICS))
    assert scores["parenchyma", "dice"] == 1
    assert np.isnan([scores["cortex", metric] for metric in METRICS]).all()
    volumes = {row.structure: row for row in measure_case(kidney(), undivided, spacing_mm=SPACING_MM)}
    assert volumes["parenchyma"].predicted_ml == pytest.approx(0.32)
    assert np.isnan(volumes["cortex"].predicted_ml)
    assert volumes["cortex"].reference_ml == pytest.approx(0.24)


def test_a_missed_kidney_scores_0_and_is_not_left_out():
    scores = as_dict(score_case(kidney(), np.zeros_like(kidney()), spacing_mm=SPACING_MM, metrics=METRICS))
    assert scores["parenchyma", "dice"] == scores["cortex", "dice"] == 0
    assert scores["parenchyma", "volume_error_ml"] == pytest.approx(-0.32)


def test_what_neither_shows_has_no_score_by_any_metric():
    empty = np.zeros(SHAPE, dtype=np.uint8)
    scores = as_dict(score_case(empty, empty, spacing_mm=SPACING_MM, metrics=METRICS))
    assert len(scores) == 6
    assert np.isnan(list(scores.values())).all()
    assert [(row.reference_ml, row.predicted_ml) for row in measure_case(empty, empty, spacing_mm=SPACING_MM)] == [
        (0, 0)
    ] * 3


def test_a_structure_that_neither_shows_has_no_score_though_the_kidney_has():
    all_cortex = np.minimum(kidney(), 1) * np.uint8(Label.CORTEX)
    scores = as_dict(score_case(all_cortex, all_cortex, spacing_mm=SPACING_MM, metrics=METRICS))
    assert scores["cortex", "dice"] == 1
    assert np.isnan([scores["medulla", metric] for metric in METRICS]).all()


def test_an_empty_prediction_of_a_network_that_does_not_divide_has_no_cortex_to_score():
    empty = np.zeros_like(kidney())
    told = {"spacing_mm": SPACING_MM, "divided": Divided.by(kidney(), empty, Divided(predicted=False))}
    scores = as_dict(score_case(kidney(), empty, metrics=METRICS, **told))
    assert scores["parenchyma", "dice"] == 0
    assert np.isnan([scores["cortex", "dice"], scores["medulla", "dice"]]).all()
    parenchyma, cortex, _ = measure_case(kidney(), empty, **told)
    assert parenchyma.predicted_ml == 0
    assert np.isnan(cortex.predicted_ml)
    assert cortex.reference_ml == pytest.approx(0.24)
    assert np.isnan(structure_ml(empty, "cortex", SPACING_MM, divided=False))


def test_a_map_that_shows_parenchyma_says_itself_whether_it_is_divided():
    undivided = np.minimum(kidney(), 1) * np.uint8(Label.UNDIVIDED)
    assert is_divided(kidney(), if_empty=False)
    assert not is_divided(undivided, if_empty=True)
    assert [is_divided(np.zeros_like(undivided), if_empty=said) for said in (True, False)] == [True, False]


def test_a_function_may_give_several_values_which_all_lack_where_nothing_can_be_compared():
    def sizes(reference, predicted, spacing_mm):
        return {"outlined": float(reference.sum()), "found": float(predicted.sum())}

    undivided = (kidney() > 0).astype(np.uint8) * np.uint8(Label.UNDIVIDED)
    scores = as_dict(score_case(undivided, kidney(), spacing_mm=SPACING_MM, metrics={"sizes": sizes, **METRICS}))
    assert (scores["parenchyma", "outlined"], scores["parenchyma", "found"]) == (32, 32)
    assert np.isnan([scores["cortex", "outlined"], scores["medulla", "found"]]).all()
    assert list(scores)[:4] == [("parenchyma", metric) for metric in ("outlined", "found", *METRICS)]
