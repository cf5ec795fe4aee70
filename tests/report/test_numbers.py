"""Numbers for people."""

import pytest

from kseg.report.numbers import degrees_of_freedom, mean_sd, number, p_equals, p_value

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.95349, 3, "0.953"),
        (-2.34, 1, "\N{MINUS SIGN}2.3"),
        (-0.04, 1, "0.0"),
        (NAN, 2, "\N{EN DASH}"),
        (1234.5, 0, "1234"),
    ],
)
def test_numbers(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0356, "0.036"),
        (0.00001, "< 0.001"),
        (0.04996, "0.0500"),
        (0.0497, "0.0497"),
        (0.9, "0.900"),
        (NAN, "\N{EN DASH}"),
    ],
)
def test_p_values(p, text):
    assert p_value(p) == text


def test_p_in_a_sentence():
    assert p_equals(0.0356) == "p = 0.036"
    assert p_equals(1e-9) == "p < 0.001"


def test_a_mean_without_an_sd_stands_alone():
    assert mean_sd(0.9, 0.01, 3) == "0.900 ± 0.010"
    assert mean_sd(0.9, NAN, 3) == "0.900"


def test_degrees_of_freedom_are_whole_where_they_are():
    assert [degrees_of_freedom(df) for df in (3, 20.0, 17.64, NAN)] == ["3", "20", "17.6", "\N{EN DASH}"]
