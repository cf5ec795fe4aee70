"""Why can a test of groups not be computed from a sample?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kseg.stats.finding import Finding
from kseg.stats.sample import Sample, draw_sample

ROUNDING = 1e-12
"""Values that differ by less, relative to their size, differ by rounding alone."""

Values = NDArray[np.float64]


def are_identical(values: Values) -> bool:
    """Whether the values differ by rounding alone; so does a single one."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max())


def obstacle(sample: Sample) -> str:
    """Say why no test can compare the means of these groups; "" where one can."""
    present = [values for values in sample.values if len(values)]
    if not sample.has_groups:
        return "not computed"
    if len(present) < 2:
        return "not computed: fewer than two groups have values"
    if sample.n == len(present):
        return "not computed: no group has two values"
    if all(are_identical(values) for values in present):
        return "not computed: the values within each group are identical"
    return ""


def compared(
    scores: pd.DataFrame, groups: Sequence[str], compute: Callable[[dict[str, Values]], Finding]
) -> list[Finding]:
    """Compare all groups at once, or say why not.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.
        compute: From the values of the groups that have some, by name and in order, to what was found.

    Returns:
        One finding; its note begins with why nothing was computed if so, tells what `compute` noted, and counts who is
        missing.
    """
    sample = draw_sample(scores, groups)
    why_not = obstacle(sample)
    found = Finding("groups", sample.n, note=why_not)
    if not why_not:
        found = compute({group: v for group, v in zip(sample.groups, sample.values, strict=True) if len(v)})
    return [found.noting(*sample.remarks())]
