"""Pearson's correlation with the eGFR, against R and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kseg.stats.pearson import pearson_with_egfr

GROUPS = ["control", "severe"]

FAITHFUL = (
    [
        3.6,
        1.8,
        3.333,
        2.283,
        4.533,
        2.883,
        4.7,
        3.6,
        1.95,
        4.35,
        1.833,
        3.917,
        4.2,
        1.75,
        4.7,
        2.167,
        1.75,
        4.8,
        1.6,
        4.25,
    ],
    [79, 54, 74, 62, 85, 55, 88, 85, 51, 85, 54, 84, 78, 47, 83, 52, 62, 84, 52, 79],
)
"""The first twenty of R's data set faithful: Azzalini and Bowman 1990."""


def scores(values, egfr):
    return pd.DataFrame({"value": values, "egfr": egfr}, dtype=float).assign(group="control")


def test_correlation_and_interval_are_those_of_r():
    # R 4.2.2: cor.test(faithful$eruptions[1:20], faithful$waiting[1:20])
    (found,) = pearson_with_egfr(scores(*FAITHFUL), GROUPS)
    assert found.effect == pytest.approx(0.9339558, abs=1e-7)
    assert found.p == pytest.approx(1.7838182e-09, rel=1e-6)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.83761838, 0.97394863), abs=1e-8)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_correlation_and_interval_are_those_of_scipy(confidence):
    random = np.random.default_rng(7)
    egfr = random.uniform(10, 110, 24)
    values = 100 + 0.5 * egfr + random.normal(0, 20, 24)
    (found,) = pearson_with_egfr(scores(values, egfr), GROUPS, confidence=confidence)
    expected = stats.pearsonr(values, egfr)
    interval = expected.confidence_interval(confidence)
    assert (found.effect, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))
    assert found.df2 == 22


@pytest.mark.parametrize(
    ("values", "egfr", "why"),
    [
        ([1, 2, 3], [10, 20, 30], "fewer than 4 patients have both"),
        ([1, 2, 3, 4, np.nan], [10, 20, 30, np.nan, 50], "fewer than 4 patients have both"),
        ([0.1] * 5, [10, 20, 30, 40, 50], "all values are the same"),
        ([1, 2, 3, 4, 5], [30] * 5, "all values are the same"),
    ],
)
def test_what_cannot_be_computed_is_a_row_that_says_so(values, egfr, why):
    (found,) = pearson_with_egfr(scores(values, egfr), GROUPS)
    assert np.isnan(found.p)
    assert found.note.startswith(f"not computed: {why}")


def test_who_lacks_a_value_and_who_has_no_group_is_counted():
    table = scores([1, 2, 4, 3, 5, np.nan], [10, 20, 30, 40, 50, 60]).assign(group=["control"] * 3 + ["", "", ""])
    (found,) = pearson_with_egfr(table, GROUPS)
    assert found.n == 5
    assert found.note == "without a value or an eGFR: 1; without a group, and counted here: 2"


def test_a_table_without_egfr_says_so():
    (found,) = pearson_with_egfr(pd.DataFrame({"value": [1.0, 2.0]}), [])
    assert found.note == "not computed: the table has no eGFR"


def test_a_perfect_line_has_an_interval_of_one_point():
    (found,) = pearson_with_egfr(scores([1, 2, 3, 4], [10, 20, 30, 40]), GROUPS)
    assert (found.effect, found.ci_low, found.ci_high) == pytest.approx((1, 1, 1))
