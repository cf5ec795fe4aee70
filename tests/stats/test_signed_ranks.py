"""The Hodges-Lehmann estimate and its interval."""

import math

import numpy as np
import pytest
from scipy import stats

from kseg.stats.signed_ranks import LARGEST, signed_rank_interval, signed_rank_quantile

DEPRESSION = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]) - np.array(
    [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
)
"""Hollander and Wolfe 1973, table 3.1; the example of R's wilcox.test."""
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48.0])
"""Darwin's, eighths of an inch: Fisher RA. The design of experiments. 1935, table 3."""


@pytest.mark.parametrize(
    ("differences", "confidence", "expected"),
    [
        (DEPRESSION, 0.95, (-0.46, -0.786, -0.01)),
        (MAIZE, 0.95, (25, 4, 41.5)),
        (MAIZE, 0.90, (25, 8, 39.5)),
        (np.sin(np.arange(1, 61)) * np.arange(1, 61) + 8, 0.95, (8.60093210780057, 2.06045693755054, 15.1766118966941)),
    ],
)
def test_it_equals_r(differences, confidence, expected):
    # R 4.2.2: wilcox.test(d, exact=TRUE, conf.int=TRUE, conf.level=...).
    assert signed_rank_interval(differences, confidence) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "expected"), [(5, 0), (6, 1), (10, 9), (20, 53), (60, 649), (100, 1956)])
def test_the_quantile_equals_rs_qsignrank(n, expected):
    # R 4.2.2: qsignrank(.025, n).
    assert signed_rank_quantile(n, 0.025) == expected


def test_five_differences_bear_an_interval_of_90_but_not_of_95_percent():
    differences = np.array([1.0, 2.0, 3.0, 4.0, 6.0])
    assert signed_rank_interval(differences, 0.90) == (3.0, 1.0, 6.0)  # the extremes: P(V = 0) = 1/32 < .05
    estimate, low, high = signed_rank_interval(differences, 0.95)
    assert estimate == 3.0
    assert math.isnan(low)
    assert math.isnan(high)


def test_an_end_is_infinite_where_the_infinite_differences_reach_it():
    differences = np.array([*range(1, 12), np.inf, np.inf])
    estimate, low, high = signed_rank_interval(differences, 0.95)
    large = np.where(np.isinf(differences), 1e9, differences)
    first, second = np.triu_indices(len(large))
    assert estimate == np.median((large[first] + large[second]) / 2)
    assert math.isfinite(low)
    assert high == math.inf


@pytest.mark.parametrize("differences", [[], [1.0, np.inf, -np.inf], [1.0] * (LARGEST + 1)])
def test_what_cannot_be_estimated_is_missing(differences):
    assert np.isnan(signed_rank_interval(np.array(differences), 0.95)).all()


def test_the_interval_holds_exactly_what_the_test_does_not_reject():
    differences = MAIZE + np.linspace(0, 0.5, 15)  # no ties, whatever is taken off
    _, low, high = signed_rank_interval(differences, 0.95)
    inside, outside = (0.01, -0.01)
    for end, step in ((low, 1), (high, -1)):
        assert stats.wilcoxon(differences - (end + step * inside)).pvalue > 0.05
        assert stats.wilcoxon(differences - (end + step * outside)).pvalue <= 0.05
