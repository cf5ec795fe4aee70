"""Do the groups' means differ: one-way analysis of variance, the study's test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.finding import Finding
from kseg.stats.sample import Sample, draw_sample

ROUNDING = 1e-12
"""Values that differ by less, relative to their size, differ by rounding alone."""


def one_way_anova(scores: pd.DataFrame, groups: Sequence[str]) -> list[Finding]:
    """Test whether the groups' means differ, as if all groups had one variance.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.

    Returns:
        One finding with F, its degrees of freedom and omega squared. Where F cannot be computed it is NaN,
        and the note says why; the note also counts patients without a value and names groups that are absent.
    """
    sample = draw_sample(scores, groups)
    obstacle = _obstacle(sample)
    if obstacle:
        return [Finding("groups", sample.n, note="; ".join([obstacle, *sample.remarks()]))]
    present = [values for values in sample.values if len(values)]
    f, p = stats.f_oneway(*present)
    df1, df2 = len(present) - 1, sample.n - len(present)
    return [
        Finding(
            "groups",
            sample.n,
            statistic=float(f),
            df1=df1,
            df2=df2,
            p=float(p),
            effect_name="omega_squared",
            effect=omega_squared(float(f), df1, df2),
            note="; ".join(sample.remarks()),
        )
    ]


def omega_squared(f: float, df1: int, df2: int) -> float:
    """Estimate which share of the variance the groups explain.

    `df1 (F - 1) / (df1 (F - 1) + n)` with n = df1 + df2 + 1 patients.

    Args:
        f: Of the one-way analysis of variance.
        df1: Groups minus one.
        df2: Patients minus groups.

    Returns:
        At most 1; below 0 where the groups differ less than chance would make them.

    Reference:
        Hays WL. Statistics for psychologists. New York: Holt, Rinehart and Winston; 1963.
    """
    explained = df1 * (f - 1)
    return explained / (explained + df1 + df2 + 1)


def _obstacle(sample: Sample) -> str:
    present = [values for values in sample.values if len(values)]
    if not sample.has_groups:
        return "not computed"
    if len(present) < 2:
        return "not computed: fewer than two groups have values"
    if sample.n == len(present):
        return "not computed: no group has two values"
    if all(np.ptp(values) <= ROUNDING * np.abs(values).max() for values in present):
        return "not computed: the values within each group are identical"
    return ""
