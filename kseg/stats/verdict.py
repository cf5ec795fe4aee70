"""What may be said of the groups, and what may not: "no difference" is never a finding."""

from __future__ import annotations

import math

import pandas as pd

from kseg.stats.equivalence import NO_SURVIVORS
from kseg.stats.holm import holm

DIFFERENT = "different"
EQUIVALENT = "equivalent"
NOT_EQUIVALENT = "not equivalent"
BOTH = "different but within the margin"
INCONCLUSIVE = "inconclusive"


def with_verdicts(tests: pd.DataFrame, *, alpha: float) -> pd.DataFrame:
    """Fill in the verdicts of a table of tests.

    A group is equivalent to the control where its test of equivalence rejects after Holm's correction; not equivalent
    where the interval of its difference, at 1 - 2 alpha, lies wholly beyond the margin. The groups of a structure are
    different where Welch's analysis of variance rejects; equivalent where the largest p of their tests of equivalence
    does, each corrected by Holm over the structures. Where Welch's does not reject, they are not equivalent if some
    group is not, after Bonferroni's correction over the groups and Holm's over the structures. All else is
    inconclusive. What could not be computed has no verdict; where one group was not tested, equivalence is not shown.

    Args:
        tests: `TEST_COLUMNS`, with `p_holm`.
        alpha: The level.

    Returns:
        The table with `verdict` in the rows `tost` and `welch_anova`, whose note says where missed structures left
        equivalence untested.

    Reference:
        Berger RL. Multiparameter hypothesis testing and acceptance sampling. Technometrics 1982;24(4):295-300: all of
        several tests at one level, together, are a test at that level.
    """
    tests = tests.copy()
    is_tost, is_welch = tests["test"] == "tost", tests["test"] == "welch_anova"
    computed = tests["p"].notna()
    rejects = tests["p_holm"] < alpha
    tests.loc[is_tost & computed, "verdict"] = INCONCLUSIVE
    tests.loc[is_tost & computed & (_p_beyond(tests) < alpha), "verdict"] = NOT_EQUIVALENT
    tests.loc[is_tost & computed & rejects, "verdict"] = EQUIVALENT
    equivalent, apart = _all_equivalent(tests[is_tost], alpha), _some_not_equivalent(tests[is_tost], alpha)
    of_survivors = _pairs_of(tests[is_tost & tests["note"].str.contains(NO_SURVIVORS, regex=False)])
    for (structure, metric), _ in tests[is_welch & computed].groupby(["structure", "metric"]):
        row = is_welch & (tests["structure"] == structure) & (tests["metric"] == metric)
        key = (structure, metric)
        said = _said(different=bool(rejects[row].all()), equivalent=key in equivalent, apart=key in apart)
        tests.loc[row, "verdict"] = said
        if key in of_survivors:
            tests.loc[row, "note"] += f"; equivalence not tested: {NO_SURVIVORS}"
    return tests


def _p_beyond(tost: pd.DataFrame) -> pd.Series:
    """The p of the test that a mean lies beyond the margin to which it is nearer.

    The larger p of two one-sided tests is the lower tail of the same t at the same margin, so that this is the rest.
    """
    return 1 - tost["p"]


def _some_not_equivalent(tost: pd.DataFrame, alpha: float) -> set[tuple[object, object]]:
    """The structures and metrics in which at least one group is not equivalent to the control."""
    of_each = _p_beyond(tost).dropna().groupby([tost["structure"], tost["metric"]], sort=False)
    smallest = (of_each.min() * of_each.count()).clip(upper=1)
    corrected = smallest.groupby(level="metric").transform(holm)
    return set(corrected[corrected < alpha].index)


def _all_equivalent(tost: pd.DataFrame, alpha: float) -> set[tuple[object, object]]:
    """The structures and metrics in which every group is equivalent to the control."""
    largest = tost["p"].fillna(math.inf).groupby([tost["structure"], tost["metric"]], sort=False).max().clip(upper=1)
    corrected = largest.groupby(level="metric").transform(holm)
    return set(corrected[corrected < alpha].index)


def _pairs_of(rows: pd.DataFrame) -> set[tuple[object, object]]:
    return set(zip(rows["structure"], rows["metric"], strict=True))


def _said(*, different: bool, equivalent: bool, apart: bool) -> str:
    if different:
        return BOTH if equivalent else DIFFERENT
    if equivalent:
        return EQUIVALENT
    return NOT_EQUIVALENT if apart else INCONCLUSIVE
