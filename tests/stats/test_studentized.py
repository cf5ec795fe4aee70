"""Quantiles of the studentized range, against R's and SciPy's."""

import pytest
from scipy import stats

from kseg.stats.studentized import studentized_range_quantile


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
