"""Is a group as well off as the control, within a margin that was fixed beforehand?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from scipy import stats

from kseg.scales import unbounded
from kseg.stats.finding import Finding
from kseg.stats.obstacles import ROUNDING
from kseg.stats.pairs import incomparable
from kseg.stats.sample import Sample, draw_sample
from kseg.stats.welch import difference

NO_SURVIVORS = "a missed structure has no distance, and those that were found cannot show equivalence"


def equivalence_to_control(
    scores: pd.DataFrame, groups: Sequence[str], *, margins: Mapping[str, float], alpha: float = 0.05
) -> list[Finding]:
    """Test each group against the control: does its mean lie within the margin?

    Two one-sided tests with Welch's degrees of freedom; both must reject, so p is the larger one.

    Args:
        scores: One structure and metric, a row a patient, with `metric`, `group` and `value`.
        groups: In order; the first is the control.
        margins: By metric, how far from the control's mean counts as equivalent, in its unit; stated before the run.
        alpha: Level of the test, for the interval.

    Returns:
        A finding a group: the t nearer to its margin, p, the difference of means with its interval at 1 - 2 alpha, and
        the margin. What cannot be computed says why. A missed structure has no distance: by such a metric nothing is
        computed where a patient of the two groups lacks a value, for the others cannot show equivalence.

    Reference:
        Schuirmann DJ. A comparison of the two one-sided tests procedure and the power approach for assessing the
        equivalence of average bioavailability. J Pharmacokinet Biopharm 1987;15(6):657-680.
    """
    metric = str(scores["metric"].iloc[0]) if len(scores) else ""
    sample = draw_sample(scores, groups)
    margin = margins.get(metric, math.nan)
    if why_not := _no_equivalence(groups, metric, margins):
        return [Finding("groups", sample.n, margin=margin, note=why_not).noting(*sample.remarks())]
    values = dict(zip(sample.groups, sample.values, strict=True))
    control = groups[0]
    found = []
    for group in groups[1:]:
        contrast, n = f"{group} - {control}", len(values[group]) + len(values[control])
        left_out = sample.left_out(group, control)
        why_not = _of_survivors(metric, sample, (group, control))
        if why_not := why_not or incomparable({group: values[group], control: values[control]}):
            found.append(Finding(contrast, n, margin=margin, note=why_not).noting(*left_out))
            continue
        between = difference(values[group], values[control])
        above = (between.mean + margin) / between.standard_error
        below = (between.mean - margin) / between.standard_error
        p = max(float(stats.t.sf(above, between.df)), float(stats.t.cdf(below, between.df)))
        reach = float(stats.t.ppf(1 - alpha, between.df)) * between.standard_error
        found.append(
            Finding(
                contrast,
                n,
                statistic=above if between.mean <= ROUNDING * margin else below,
                df2=between.df,
                p=p,
                effect_name="mean_difference",
                effect=between.mean,
                ci_low=between.mean - reach,
                ci_high=between.mean + reach,
                margin=margin,
            ).noting(*left_out)
        )
    return found


def _of_survivors(metric: str, sample: Sample, pair: tuple[str, str]) -> str:
    """Say that those with a value may be those who were not missed; "" where all have one."""
    missing = dict(zip(sample.groups, sample.missing, strict=True))
    return f"not computed: {NO_SURVIVORS}" if unbounded(metric) and any(missing[group] for group in pair) else ""


def _no_equivalence(groups: Sequence[str], metric: str, margins: Mapping[str, float]) -> str:
    """Say why no group can be held against the control; "" where it can."""
    if metric not in margins:
        return f"not computed: stats.margin names no margin for {metric or 'it'}"
    if not margins[metric] > 0:
        return f"not computed: the margin for {metric} is {margins[metric]:g}, it must lie above 0"
    return "" if len(groups) > 1 else "not computed: there is one group only"
