"""Which groups differ from which?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from kseg.stats.effect import hedges_g
from kseg.stats.finding import Finding
from kseg.stats.obstacles import Values, are_identical
from kseg.stats.sample import draw_sample
from kseg.stats.studentized import studentized_range_p, studentized_range_quantile
from kseg.stats.welch import Difference, difference


def games_howell(scores: pd.DataFrame, groups: Sequence[str], *, confidence: float = 0.95) -> list[Finding]:
    """Compare every two groups, each with a variance of its own, all pairs together at one level.

    The studentized range of as many groups as have two values, at Welch's degrees of freedom, for t * sqrt(2).

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.
        confidence: Of the intervals of the differences, all together.

    Returns:
        Two findings a pair, later minus earlier: t, Welch's degrees of freedom, p and the difference of means with its
        interval, in the metric's own unit; and Hedges' g. What cannot be computed says why.

    Reference:
        Games PA, Howell JF. Pairwise multiple comparison procedures with unequal n's and/or variances: a Monte Carlo
        study. J Educ Stat 1976;1(2):113-125.
    """
    sample = draw_sample(scores, groups)
    values = dict(zip(sample.groups, sample.values, strict=True))
    several = sum(len(one) > 1 for one in sample.values)
    if len(groups) < 2:
        return [Finding("groups", sample.n, note="not computed: there is one group only").noting(*sample.remarks())]
    found = []
    for earlier, later in combinations(groups, 2):
        first, second = values[later], values[earlier]
        contrast, n = f"{later} - {earlier}", len(first) + len(second)
        left_out = sample.left_out(later, earlier)
        if why_not := incomparable({later: first, earlier: second}):
            found.append(Finding(contrast, n, note=why_not).noting(*left_out))
            continue
        between = difference(first, second)
        q = studentized_range_quantile(confidence, several, between.df)
        reach = q * between.standard_error / math.sqrt(2)
        found.append(
            Finding(
                contrast,
                n,
                statistic=between.t,
                df2=between.df,
                p=_p(between, several),
                effect_name="mean_difference",
                effect=between.mean,
                ci_low=between.mean - reach,
                ci_high=between.mean + reach,
            ).noting(*left_out)
        )
        g = Finding(contrast, n, effect_name="hedges_g", effect=hedges_g(first, second))
        found.append(g.noting(*left_out))
    return found


def incomparable(pair: dict[str, Values]) -> str:
    """Say why the means of two groups cannot be compared; "" where they can."""
    small = [f"{group} has {len(values)}" for group, values in pair.items() if len(values) < 2]
    if small:
        return f"not computed: two values a group are needed, {', '.join(small)}"
    if all(are_identical(values) for values in pair.values()):
        return "not computed: the values within each group are identical"
    return ""


def _p(between: Difference, several: int) -> float:
    return studentized_range_p(abs(between.t) * math.sqrt(2), several, between.df)
