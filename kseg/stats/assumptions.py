"""Does the analysis of variance stand on what it assumes: equal variances, normal residuals?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.finding import Finding
from kseg.stats.obstacles import Values, are_identical, compared

FEWEST_FOR_SHAPIRO = 3


def levene(scores: pd.DataFrame, groups: Sequence[str]) -> list[Finding]:
    """Test whether the groups' variances differ, by distances from the medians.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.

    Returns:
        One finding with W and its degrees of freedom; where W cannot be computed the note says why.

    Reference:
        Brown MB, Forsythe AB. Robust tests for the equality of variances. J Am Stat Assoc 1974;69(346):364-367.
    """

    def compute(by_group: dict[str, Values]) -> Finding:
        present = list(by_group.values())
        n = sum(map(len, present))
        distances = [np.abs(values - np.median(values)) for values in present]
        if all(are_identical(values) for values in distances):
            return Finding("groups", n, note="not computed: the distances from the medians are identical")
        w = max(0.0, float(stats.levene(*present, center="median").statistic))  # by rounding, it may be less
        df1, df2 = len(present) - 1, n - len(present)
        return Finding("groups", n, statistic=w, df1=df1, df2=df2, p=float(stats.f.sf(w, df1, df2)))

    return compared(scores, groups, compute)


def shapiro_wilk(scores: pd.DataFrame, groups: Sequence[str]) -> list[Finding]:
    """Test whether what the groups' means leave over is normally distributed.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.

    Returns:
        One finding with W; where W cannot be computed the note says why.

    Reference:
        Shapiro SS, Wilk MB. An analysis of variance test for normality. Biometrika 1965;52(3/4):591-611.
    """

    def compute(by_group: dict[str, Values]) -> Finding:
        present = list(by_group.values())
        n = sum(map(len, present))
        if n < FEWEST_FOR_SHAPIRO:
            return Finding("residuals", n, note="not computed: fewer than three values")
        w, p = (float(number) for number in stats.shapiro(np.concatenate([one - one.mean() for one in present])))
        return Finding("residuals", n, statistic=w, p=p)

    return compared(scores, groups, compute)
