"""Groups described."""

import numpy as np
import pandas as pd
import pytest

from kseg.stats.describe import GROUP_COLUMNS, describe_groups, mean_interval, widened

NAN = float("nan")
HOW = {"confidence": 0.95, "resamples": 999, "seed": 7}


def test_every_group_has_a_row_in_order_and_all_patients_have_one(scores_of):
    table = describe_groups(scores_of({"mild": [0.9, 0.8], "control": [0.7]}), groups=["control", "mild", "x"], **HOW)
    assert tuple(table.columns) == GROUP_COLUMNS
    assert table["group"].tolist() == ["control", "mild", "x", "all"]
    assert table["n"].tolist() == [1, 2, 0, 3]


def test_the_numbers_equal_a_count_by_hand(scores_of):
    table = describe_groups(scores_of({"mild": [0.6, 0.9, 0.7, 0.8, NAN]}), groups=["mild"], **HOW)
    row = table.iloc[0]
    assert (row["n"], row["n_missing"]) == (4, 1)
    assert (row["mean"], row["median"]) == pytest.approx((0.75, 0.75))
    assert row["sd"] == pytest.approx((0.05 / 3) ** 0.5)  # squares .0225 + .0225 + .0025 + .0025, over 3
    assert (row["q1"], row["q3"]) == pytest.approx((0.675, 0.825))
    assert row["worst"] == 0.6
    assert row["ci_low"] < 0.75 < row["ci_high"]


def test_patients_without_a_group_count_among_all_alone(scores_of):
    table = describe_groups(scores_of({"mild": [0.6, 0.9], "": [0.3]}), groups=["mild"], **HOW).set_index("group")
    assert table.loc["mild", "n"] == 2
    assert table.loc["all", "n"] == 3


@pytest.mark.parametrize(
    ("metric", "worst"),
    [("dice", -3), ("nsd_2mm", -3), ("hd95_mm", 2), ("assd_mm", 2), ("volume_error_percent", -3), ("unheard_of", NAN)],
)
def test_the_worst_value_depends_on_the_metric(scores_of, metric, worst):
    table = describe_groups(scores_of({"mild": [2, -3, 1]}, metric=metric), groups=["mild"], **HOW)
    assert table["worst"].iloc[0] == pytest.approx(worst, nan_ok=True)


def test_a_structure_is_described_after_the_other(scores_of):
    both = pd.concat([scores_of({"a": [1, 2]}, structure=name) for name in ("parenchyma", "cortex")])
    table = describe_groups(both, groups=["a"], **HOW)
    assert table["structure"].tolist() == ["parenchyma", "parenchyma", "cortex", "cortex"]


def test_single_kidneys_do_not_count_as_patients(scores_of):
    table = scores_of({"a": [1, 2, 3]}).assign(side=["both", "left", "right"], case_id="P1")
    assert describe_groups(table, groups=["a"], **HOW)["n"].tolist() == [1, 1]


@pytest.mark.parametrize("values", [[], [0.8], [0.8, 0.9], [0.8, 0.8, 0.8]])
def test_no_interval_is_made_up(values):
    assert np.isnan(mean_interval(np.array(values), **HOW)).all()


def test_the_interval_repeats_with_its_seed():
    values = np.random.default_rng(0).normal(size=12)
    assert mean_interval(values, **HOW) == mean_interval(values, **HOW)
    assert mean_interval(values, **HOW) != mean_interval(values, **{**HOW, "seed": 8})


@pytest.mark.parametrize(
    ("values", "level", "ends"),
    [
        ([4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14], 0.982898722, (4.647, 5.478)),
        ([179, 160, 136, 227, 217, 168, 108, 124, 143, 140], 0.982898722, (136.6, 192.0)),
        ([94, 197, 16, 38, 99, 141, 23], 0.9917816924, (35.28571429, 158.2857143)),
    ],
    ids=["PlantGrowth", "chickwts", "mice"],
)
def test_the_interval_equals_that_of_every_resample_in_r(values, level, ends):
    # R 4.2.2: all choose(2n - 1, n) multisets of the values with their multinomial probabilities, BCa by Efron 1987
    # from that exact distribution, at 1 - 2 * pnorm(-sqrt(n / (n - 1)) * qt(.975, n - 1)). PlantGrowth's control,
    # chickwts' horsebean; the treated mice of Efron and Tibshirani, An introduction to the bootstrap, 1993, table 2.1
    assert widened(0.95, len(values)) == pytest.approx(level, abs=1e-9)
    interval = mean_interval(np.array(values, float), confidence=0.95, resamples=99999, seed=1)
    assert interval == pytest.approx(ends, abs=0.005 * np.ptp(values))


def test_the_interval_is_near_students_where_values_are_normal():
    values = np.random.default_rng(0).normal(size=400)
    low, high = mean_interval(values, **HOW)
    half = 1.966 * values.std(ddof=1) / 20  # Student's t with 399 degrees of freedom, from its table
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_values_too_close_for_an_acceleration_have_no_interval():
    assert np.isnan(mean_interval(np.array([0.0, 0.0, 1e-120]), confidence=0.95, resamples=99, seed=1)).all()
