"""How numbers are written for people."""

from __future__ import annotations

import math

ALPHA = 0.05
"""Below this p the report says that the groups differ; the level of the published study."""

NOTHING = "\N{EN DASH}"


def number(value: float, digits: int) -> str:
    """Write a number with a fixed count of decimals and a true minus; a dash for NaN."""
    if math.isnan(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text.lstrip("-")


def mean_sd(mean: float, sd: float, digits: int) -> str:
    """Write a mean with its standard deviation, as in `0.953 ± 0.012`; the mean alone where there is no SD."""
    return number(mean, digits) if math.isnan(sd) else f"{number(mean, digits)} ± {number(sd, digits)}"


def p_value(p: float) -> str:
    """Write p with three decimals, or with four where three would hide on which side of `ALPHA` it lies."""
    if p < 0.001:
        return "< 0.001"
    return number(p, 4 if abs(p - ALPHA) < 0.0005 else 3)


def p_equals(p: float) -> str:
    """Write p as it stands in a sentence, as in `p = 0.036` or `p < 0.001`."""
    return f"p {p_value(p)}" if p < 0.001 else f"p = {p_value(p)}"


def degrees_of_freedom(df: float) -> str:
    """Write degrees of freedom: whole where they are whole, else with one decimal."""
    return number(df, 0 if math.isnan(df) or float(df).is_integer() else 1)
