"""Runs put together: folds to a cohort, seeds and repeats to a mean."""

import numpy as np
import pandas as pd
import pytest

from kseg.errors import InputError
from kseg.stats.pooling import RunScores, over_rounds, paired_rounds, rounds_of


def scores(values, first=0, group="control"):
    rows = [(f"P{first + n:02}", group, "cortex", "dice", value) for n, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


def folds_of(setting, seed, values, draw=""):
    """Two folds that test the first and the second half."""
    half = len(values) // 2
    return [
        RunScores(setting, seed, scores(values[:half]), draw),
        RunScores(setting, seed, scores(values[half:], half), draw),
    ]


def test_folds_are_one_round_and_seeds_are_two():
    rounds = rounds_of([*folds_of("unet", 1, [0.8, 0.8, 0.9, 0.9]), *folds_of("unet", 2, [0.7, 0.7, 0.6, 0.6])])
    assert [(one.seed, one.parts) for one in rounds] == [(1, (0, 1)), (2, (2, 3))]
    assert rounds[0].scores["case_id"].tolist() == ["P00", "P01", "P02", "P03"]


def test_folds_become_one_cohort_before_seeds_are_averaged():
    folds = [
        *folds_of("unet", 1, [0.81, 0.81, 0.91, 0.91]),
        *folds_of("unet", 2, [0.82, 0.82, 0.92, 0.92]),
        *folds_of("vnet", 1, [0.5, 0.6, 0.7, np.nan]),
    ]
    table = over_rounds(paired_rounds(rounds_of(folds)))
    assert table["setting"].tolist() == ["unet"] * 4 + ["vnet"] * 4
    assert table["case_id"].tolist() == ["P00", "P01", "P02", "P03"] * 2
    assert table["value"].tolist() == pytest.approx([0.815, 0.815, 0.915, 0.915, 0.5, 0.6, 0.7, np.nan], nan_ok=True)
    assert table["seeds"].tolist() == [2] * 4 + [1] * 4


def test_repeats_of_a_cross_validation_are_averaged_as_seeds_are():
    repeats = [*folds_of("unet", 1, [0.8, 0.7], "repeat 0"), *folds_of("unet", 1, [0.6, 0.9], "repeat 1")]
    rounds = rounds_of(repeats)
    assert [one.name for one in rounds] == ["unet, seed 1, repeat 0", "unet, seed 1, repeat 1"]
    table = over_rounds(paired_rounds(rounds))
    assert table["value"].tolist() == pytest.approx([0.7, 0.8])
    assert set(table["seeds"]) == {2}


def test_a_value_that_one_seed_lacks_is_missing():
    table = over_rounds(
        paired_rounds(
            rounds_of([RunScores("unet", 1, scores([0.8, np.nan])), RunScores("unet", 2, scores([0.9, 0.7]))])
        )
    )
    assert table["value"].tolist() == pytest.approx([0.85, np.nan], nan_ok=True)


def test_runs_that_cannot_be_paired_are_refused_and_the_patients_named():
    with pytest.raises(InputError) as told:
        over_rounds(
            paired_rounds(
                rounds_of([RunScores("unet", 1, scores([0.8, 0.7])), RunScores("vnet", 1, scores([0.8, 0.7], first=1))])
            )
        )
    assert told.value.problems == (
        "P00: tested by unet, seed 1, not by vnet, seed 1; runs are compared patient by patient",
        "P02: tested by vnet, seed 1, not by unet, seed 1; runs are compared patient by patient",
    )
    with pytest.raises(InputError, match="unet, seed 1: tests P00, P01 twice; give each fold once"):
        over_rounds(paired_rounds(rounds_of([RunScores("unet", 1, scores([0.8, 0.7]))] * 2)))


def test_a_fold_that_lacks_is_named():
    with pytest.raises(InputError, match="P02, P03: tested by unet, seed 1, not by unet, seed 2"):
        over_rounds(paired_rounds(rounds_of([*folds_of("unet", 1, [0.8] * 4), folds_of("unet", 2, [0.8] * 4)[0]])))


def test_a_patient_of_two_groups_is_refused_and_named():
    runs = [RunScores("unet", 1, scores([0.8])), RunScores("vnet", 1, scores([0.8], group="mild"))]
    with pytest.raises(InputError, match="P00: in the groups control, mild of different runs"):
        over_rounds(paired_rounds(rounds_of(runs)))
