"""How numbers are written for people."""

from __future__ import annotations

import math

ALPHA = 0.05
"""The level at which the published study speaks, and an evaluation that states no other."""

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


def interval(low: float, high: float, digits: int) -> str:
    """Write an interval, as in `0.91 to 0.95`; a dash where there is none."""
    return NOTHING if math.isnan(low) or math.isnan(high) else f"{number(low, digits)} to {number(high, digits)}"


def p_value(p: float, alpha: float = ALPHA) -> str:
    """Write p with three decimals, or with four where three would hide on which side of `alpha` it lies."""
    if p < 0.001:
        return "< 0.001"
    return number(p, 4 if abs(p - alpha) < 0.0005 else 3)


def p_equals(p: float, alpha: float = ALPHA) -> str:
    """Write p as it stands in a sentence, as in `p = 0.036` or `p < 0.001`."""
    return f"p {p_value(p, alpha)}" if p < 0.001 else f"p = {p_value(p, alpha)}"


def percent(share: float) -> str:
    """Write a share in percent with no more decimals than it has, as in `95 %` or `97.5 %`."""
    return f"{100 * share:.10g} %"


def degrees_of_freedom(df: float) -> str:
    """Write degrees of freedom: whole where they are whole, else with one decimal."""
    return number(df, 0 if math.isnan(df) or float(df).is_integer() else 1)
