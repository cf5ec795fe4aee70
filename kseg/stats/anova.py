"""Do the groups' means differ: one-way analysis of variance, the study's test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pingouin as pg  # type: ignore[import-untyped]

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
    labels = np.repeat(sample.groups, [len(values) for values in sample.values])
    table = pg.anova(
        pd.DataFrame({"value": sample.pooled, "group": labels}), dv="value", between="group", detailed=True
    )
    between, within = table.iloc[0], table.iloc[1]
    return [
        Finding(
            "groups",
            sample.n,
            statistic=float(between["F"]),
            df1=float(between["DF"]),
            df2=float(within["DF"]),
            p=float(between["p_unc"]),
            effect_name="omega_squared",
            effect=omega_squared(between["SS"], within["SS"], between["DF"], within["DF"]),
            note="; ".join(sample.remarks()),
        )
    ]


def omega_squared(ss_between: float, ss_within: float, df_between: float, df_within: float) -> float:
    """Estimate which share of the variance the groups explain.

    `(SSb - dfb MSw) / (SSb + SSw + MSw)`.

    Args:
        ss_between: Sum of squares between the groups.
        ss_within: Sum of squares within them.
        df_between: Groups minus one.
        df_within: Patients minus groups.

    Returns:
        At most 1; below 0 where the groups differ less than chance would make them.

    Reference:
        Hays WL. Statistics for psychologists. New York: Holt, Rinehart and Winston; 1963.
    """
    ms_within = ss_within / df_within
    return float((ss_between - df_between * ms_within) / (ss_between + ss_within + ms_within))


def _obstacle(sample: Sample) -> str:
    present = [values for values in sample.values if len(values)]
    if len(present) < 2:
        return "not computed: fewer than two groups have values"
    if sample.n == len(present):
        return "not computed: no group has two values"
    if all(np.ptp(values) <= ROUNDING * np.abs(values).max() for values in present):
        return "not computed: the values within each group are identical"
    return ""
