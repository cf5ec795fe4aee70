"""Scores of cases and of cohorts."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.labels import Label
from kseg.metrics.cohort import METRICS_COLUMNS, VOLUMES_COLUMNS, score_cohort
from kseg.metrics.overlap import dice
from kseg.metrics.score import measure_case, score_case
from kseg.metrics.volume import volume_error_ml

METRICS = {"dice": partial(dice), "volume_error_ml": partial(volume_error_ml)}
SPACING_MM = (1.0, 1.0, 10.0)
GRID = Grid((12, 12, 6), np.diag([-1.0, -1.0, 10.0, 1.0]))


def kidney():
    """A block of 4 x 4 x 2 voxels of cortex around 2 x 2 x 2 of medulla."""
    drawn = np.zeros(GRID.shape, dtype=np.uint8)
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


def test_a_case_without_any_kidney_is_nan():
    empty = np.zeros(GRID.shape, dtype=np.uint8)
    assert np.isnan(as_dict(score_case(empty, empty, spacing_mm=SPACING_MM, metrics=METRICS))["parenchyma", "dice"])


@pytest.fixture
def cohort(tmp_path):
    """Three cases: one predicted perfectly, one missed, one without an outline of the cortex."""
    rows = []
    for case_id, group in (("A", "mild"), ("B", "severe"), ("C", "mild")):
        paths = {kind: tmp_path / kind / f"{case_id}.nii.gz" for kind in ("parenchyma", "cortex")}
        write_nifti(paths["parenchyma"], (kidney() > 0).astype(np.uint8), GRID)
        write_nifti(paths["cortex"], (kidney() == Label.CORTEX).astype(np.uint8), GRID)
        predicted = np.zeros_like(kidney()) if case_id == "B" else kidney()
        write_nifti(tmp_path / "predictions" / f"{case_id}.nii.gz", predicted, GRID)
        cortex = "" if case_id == "C" else str(paths["cortex"])
        rows.append({"case_id": case_id, "group": group, "parenchyma": str(paths["parenchyma"]), "cortex": cortex})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cohort_is_scored_in_its_order_however_many_processes_work(cohort, tmp_path, workers):
    scores = score_cohort(cohort, tmp_path / "predictions", metrics=METRICS, workers=workers)
    assert tuple(scores.metrics.columns) == METRICS_COLUMNS
    assert tuple(scores.volumes.columns) == VOLUMES_COLUMNS
    assert list(dict.fromkeys(scores.metrics["case_id"])) == ["A", "B", "C"]
    assert set(scores.metrics["side"]) == {"both"}
    found = scores.metrics[scores.metrics["metric"] == "dice"].set_index(["case_id", "structure"])["value"]
    assert found["A", "cortex"] == 1
    assert found["B", "cortex"] == 0
    assert np.isnan(found["C", "cortex"])
    assert found["C", "parenchyma"] == 1
    assert scores.volumes["predicted_ml"].tolist() == pytest.approx([0.32, 0.24, 0.08, 0, 0, 0, 0.32, 0.24, 0.08])


def test_all_that_is_wrong_with_a_cohort_is_told_at_once(cohort, tmp_path):
    shifted = Grid(GRID.shape, GRID.affine + np.array([[0, 0, 0, 5.0], [0] * 4, [0] * 4, [0] * 4]))
    write_nifti(tmp_path / "predictions" / "A.nii.gz", kidney(), shifted)
    (tmp_path / "predictions" / "B.nii.gz").unlink()
    write_nifti(tmp_path / "predictions" / "C.nii.gz", kidney() * np.uint8(3), GRID)
    with pytest.raises(InputError) as error:
        score_cohort(cohort, tmp_path / "predictions", metrics=METRICS, workers=1)
    first, second, third = error.value.problems
    assert first.startswith("A: ")
    assert "parenchyma" in first
    assert "another grid" in first
    assert "no such file" in second
    assert "holds 6" in third
    assert third.startswith("C: ")


def test_a_test_case_without_an_outline_is_refused(cohort, tmp_path):
    cohort.loc[1, "parenchyma"] = ""
    with pytest.raises(InputError, match=r"^B: has no outline of the parenchyma"):
        score_cohort(cohort, tmp_path / "predictions", metrics=METRICS)


def test_the_clinics_outlines_score_1_against_themselves(clinic, tmp_path):
    case = {kind: str(clinic / kind / "P106.nii.gz") for kind in ("parenchyma", "cortex")}  # axes in the order IPL
    (tmp_path / "P106.nii.gz").symlink_to(case["parenchyma"])
    rows = pd.DataFrame([{"case_id": "P106", "group": "moderate", **case, "cortex": ""}])
    scores = score_cohort(rows, tmp_path, metrics=METRICS, workers=1)
    assert scores.metrics["value"].iloc[0] == 1


def test_a_function_may_give_several_values_which_all_lack_where_nothing_can_be_compared():
    def sizes(reference, predicted, spacing_mm):
        return {"outlined": float(reference.sum()), "found": float(predicted.sum())}

    undivided = (kidney() > 0).astype(np.uint8) * np.uint8(Label.UNDIVIDED)
    scores = as_dict(score_case(undivided, kidney(), spacing_mm=SPACING_MM, metrics={"sizes": sizes, **METRICS}))
    assert (scores["parenchyma", "outlined"], scores["parenchyma", "found"]) == (32, 32)
    assert np.isnan([scores["cortex", "outlined"], scores["medulla", "found"]]).all()
    assert list(scores)[:4] == [("parenchyma", metric) for metric in ("outlined", "found", *METRICS)]
