"""Quantiles of the studentized range, against R's and SciPy's."""

import pytest
from scipy import stats

from kseg.stats.studentized import studentized_range_p, studentized_range_quantile


@pytest.mark.parametrize(
    ("share", "groups", "df", "expected"),
    # R 4.2.2: qtukey(c(.95, .95, .99, .9), nmeans = c(3, 4, 4, 6), df = c(10, 20, 8.7, 40))
    [(0.95, 3, 10, 3.8767767), (0.95, 4, 20, 3.9582935), (0.99, 4, 8.7, 6.0234990), (0.9, 6, 40, 3.8024988)],
)
def test_quantiles_are_those_of_r(share, groups, df, expected):
    assert studentized_range_quantile(share, groups, df) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("df", [1.5, 5.3, 200])
@pytest.mark.parametrize("groups", [2, 4, 10])
def test_quantiles_are_those_of_scipy(groups, df):
    expected = stats.studentized_range.ppf(0.95, groups, df)
    assert studentized_range_quantile(0.95, groups, df) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("q", "groups", "df", "expected"),
    # R 4.2.2: ptukey(c(3.5, 1.2, 6, 2.2), nmeans = c(3, 4, 4, 6), df = c(10, 20, 8.7, 2.5), lower.tail = FALSE), which
    # R computes to about six digits
    [(3.5, 3, 10, 0.077103311), (1.2, 4, 20, 0.83070349), (6, 4, 8.7, 0.010233915), (2.2, 6, 2.5, 0.67245899)],
)
def test_probabilities_are_those_of_r(q, groups, df, expected):
    assert studentized_range_p(q, groups, df) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("df", [1, 1.3, 2.5, 8.7, 40, 500])
@pytest.mark.parametrize("groups", [2, 3, 6])
@pytest.mark.parametrize("q", [0, 0.4, 2.5, 12])
def test_probabilities_are_those_of_scipy(q, groups, df):
    assert studentized_range_p(q, groups, df) == pytest.approx(stats.studentized_range.sf(q, groups, df), abs=1e-10)
