"""The studentized range."""

import pytest
from scipy import stats

from kseg.stats.studentized_range import range_ppf, range_sf


@pytest.mark.parametrize(
    ("several", "df", "quantile", "beyond_3", "beyond_9"),
    [
        (3, 16.5, 3.63820537042, 0.115987417782, 2.30975195674e-05),
        (6, 20, 4.44523661932, 0.316295263984, 4.29014366805e-05),
        (10, 3.3, 8.82740411354, 0.596269842356, 0.0472260984265),
    ],
)
def test_it_equals_r(several, df, quantile, beyond_3, beyond_9):
    # R 4.2.2: qtukey(.95, k, df), which is precise to .0001; ptukey(3, k, df, lower.tail = FALSE) and of 9
    assert range_ppf(0.95, several, df) == pytest.approx(quantile, abs=1e-4)
    assert range_sf(3, several, df) == pytest.approx(beyond_3, abs=1e-7)
    assert range_sf(9, several, df) == pytest.approx(beyond_9, abs=1e-7)


@pytest.mark.parametrize("df", [1.0, 1.4, 12.0, 300.0])
def test_it_equals_scipy_where_r_has_no_answer(df):
    assert range_sf(5.0, 4, df) == pytest.approx(stats.studentized_range.sf(5.0, 4, df), abs=1e-11)
    assert range_ppf(0.95, 4, df) == pytest.approx(stats.studentized_range.ppf(0.95, 4, df), rel=1e-9)


@pytest.mark.parametrize("df", [1.0, 7.5, 1e6])
def test_the_range_of_two_is_students_t(df):
    # By its definition: the range of two is |difference|, sqrt(2) times Student's t
    assert range_sf(3 * 2**0.5, 2, df) == pytest.approx(2 * stats.t.sf(3, df), abs=1e-12)


@pytest.mark.parametrize(("q", "expected"), [(0.0, 1.0), (1e12, 0.0)])
def test_it_ends_at_one_and_at_nothing(q, expected):
    assert range_sf(q, 4, 8.0) == pytest.approx(expected, abs=1e-12)
