"""What could this design have seen at all?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from scipy import optimize, stats

from kseg.stats.finding import Finding
from kseg.stats.obstacles import Values, compared

LARGEST_F = 100.0

WELCH = "groups (Welch)"
"""The contrast of the row on Welch's analysis."""


def smallest_effect(
    scores: pd.DataFrame, groups: Sequence[str], *, power: float = 0.8, alpha: float = 0.05
) -> list[Finding]:
    """Find the smallest effect that analyses of variance of these groups would find with a given probability.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`; only the number of values counts.
        groups: In order.
        power: The probability.
        alpha: Level of the test.

    Returns:
        Two findings with Cohen's f, the standard deviation of the groups' means in that of the patients, as effect: of
        the one-way analysis, and with the contrast `WELCH` of Welch's, on which the verdict rests and which sees less,
        its denominator having fewer degrees of freedom. Both before Holm's correction, and were all variances equal.

    References:
        Cohen J. Statistical power analysis for the behavioral sciences. 2nd ed. Hillsdale: Erlbaum; 1988, chapter 8.
        Kulinskaya E, Staudte RG, Gao H. Power approximations in testing for unequal means in a one-way ANOVA weighted
        for unequal variances. Commun Stat Theory Methods 2003;32(12):2353-2371.
    """

    def one_way(by_group: dict[str, Values]) -> Finding:
        sizes = [len(values) for values in by_group.values()]
        return found_by("the one-way ANOVA", sizes, sum(sizes) - len(sizes))

    def welch(by_group: dict[str, Values]) -> Finding:
        sizes = [len(values) for values in by_group.values() if len(values) > 1]
        if len(sizes) < 2:
            return Finding(WELCH, sum(sizes), note="not computed: fewer than two groups have two values")
        return found_by("Welch's ANOVA", sizes, welch_df2(sizes))

    def found_by(test: str, sizes: Sequence[int], df2: float) -> Finding:
        f = detectable_f(len(sizes) - 1, df2, sum(sizes), power=power, alpha=alpha)
        note = f"found by {test} in {power:.0%} of such studies at p < {alpha:g} before correction; if all vary alike"
        n, df1 = sum(sizes), len(sizes) - 1
        return Finding("groups", n, df1=df1, df2=df2, effect_name="cohens_f", effect=f, note=note)

    of_welch = [replace(found, contrast=WELCH) for found in compared(scores, groups, welch)]
    return [*compared(scores, groups, one_way), *of_welch]


def detectable_f(df1: float, df2: float, patients: int, *, power: float, alpha: float) -> float:
    """Cohen's f at which an analysis of variance rejects with the probability `power`.

    Args:
        df1: Groups minus one.
        df2: Of the denominator.
        patients: How many there are.
        power: From `alpha` to 1.
        alpha: Level of the test.

    Returns:
        f; the noncentrality is f^2 times the number of patients. Infinity where it would be beyond `LARGEST_F`.
    """
    critical = float(stats.f.isf(alpha, df1, df2))

    def lack(f: float) -> float:
        return float(stats.ncf.sf(critical, df1, df2, f**2 * patients)) - power

    return float(optimize.brentq(lack, 0.0, LARGEST_F)) if lack(LARGEST_F) > 0 else math.inf


def welch_df2(sizes: Sequence[int]) -> float:
    """Degrees of freedom of the denominator of Welch's analysis, were all variances equal.

    Args:
        sizes: Patients a group, two at least.
    """
    n, k = sum(sizes), len(sizes)
    return (k**2 - 1) / (3 * sum((1 - size / n) ** 2 / (size - 1) for size in sizes))
