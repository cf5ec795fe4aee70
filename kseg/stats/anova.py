"""Do the groups' means differ: analyses of variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.effect import omega_squared, omega_squared_interval
from kseg.stats.finding import Finding
from kseg.stats.obstacles import ROUNDING, Values, are_identical, compared

BELOW_ZERO = "omega squared is corrected for chance, and may lie below 0 where its interval cannot"


def one_way_anova(
    scores: pd.DataFrame, groups: Sequence[str], *, alpha: float = 0.05, confidence: float | None = None
) -> list[Finding]:
    """Test whether the groups' means differ, as if all groups had one variance: the study's test.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.
        alpha: Level of the test, for the interval.
        confidence: Of the interval; by default 1 - 2 alpha, as F rejects on one side only (Steiger 2004).

    Returns:
        One finding with F, its degrees of freedom and omega squared with its interval. Where F cannot be computed it is
        NaN, and the note says why; the note also counts patients without a value, names groups that are absent, and
        explains an omega squared below 0.
    """

    def compute(by_group: dict[str, Values]) -> Finding:
        present = list(by_group.values())
        n = sum(map(len, present))
        f = max(0.0, float(stats.f_oneway(*present).statistic))  # by rounding, equal means give less than 0
        df1, df2 = len(present) - 1, n - len(present)
        of_interval = 1 - 2 * alpha if confidence is None else confidence
        low, high = omega_squared_interval(f, df1, df2, confidence=of_interval)
        effect = omega_squared(f, df1, df2)
        return Finding(
            "groups",
            n,
            statistic=f,
            df1=df1,
            df2=df2,
            p=float(stats.f.sf(f, df1, df2)),
            effect_name="omega_squared",
            effect=effect,
            ci_low=low,
            ci_high=high,
            note=BELOW_ZERO if effect < -ROUNDING else "",
        )

    return compared(scores, groups, compute)


def welch_anova(scores: pd.DataFrame, groups: Sequence[str]) -> list[Finding]:
    """Test whether the groups' means differ, each group with a variance of its own: the test the verdict rests on.

    With the groups' standard deviations s_i, w_i = n_i / s_i^2 and L = sum (1 - w_i / sum w)^2 / (n_i - 1), k groups:
    `F = [sum w_i (mean_i - mean_w)^2 / (k - 1)] / [1 + 2 (k - 2) L / (k^2 - 1)]`, `df2 = (k^2 - 1) / (3 L)`.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.

    Returns:
        One finding with F and its degrees of freedom. A group of one has no variance and is left out, which the note
        says; so it does where nothing can be computed.

    Reference:
        Welch BL. On the comparison of several mean values: an alternative approach. Biometrika 1951;38(3/4):330-336.
    """

    def compute(by_group: dict[str, Values]) -> Finding:
        present = list(by_group.values())
        n = sum(map(len, present))
        several = {group: values for group, values in by_group.items() if len(values) > 1}
        entered = sum(map(len, several.values()))
        left_out = f"groups of one are left out, {entered} of {n} patients enter" if len(several) < len(present) else ""
        if len(several) < 2:
            return Finding("groups", n, note="not computed: fewer than two groups have two values")
        if constant := [group for group, values in several.items() if are_identical(values)]:
            return Finding("groups", n, note=f"not computed: the values within {', '.join(constant)} are identical")
        sizes = np.array([len(values) for values in several.values()])
        means = np.array([values.mean() for values in several.values()])
        weights = sizes / np.array([values.var(ddof=1) for values in several.values()])
        k = len(several)
        spread = float(np.sum((1 - weights / weights.sum()) ** 2 / (sizes - 1)))
        between = float(np.sum(weights * (means - np.average(means, weights=weights)) ** 2)) / (k - 1)
        f = between / (1 + 2 * (k - 2) * spread / (k**2 - 1))
        df1, df2 = k - 1, (k**2 - 1) / (3 * spread)
        return Finding(
            "groups", entered, statistic=f, df1=df1, df2=df2, p=float(stats.f.sf(f, df1, df2)), note=left_out
        )

    return compared(scores, groups, compute)
