"""What may be said of the groups, and what may not: "no difference" is never a finding."""

from __future__ import annotations

import math

import pandas as pd

from kseg.stats.equivalence import NO_SURVIVORS
from kseg.stats.holm import holm

DIFFERENT = "different"
EQUIVALENT = "equivalent"
BOTH = "different but within the margin"
INCONCLUSIVE = "inconclusive"


def with_verdicts(tests: pd.DataFrame, *, alpha: float) -> pd.DataFrame:
    """Fill in the verdicts of a table of tests.

    A group is equivalent to the control where its test of equivalence rejects after Holm's correction. The groups of a
    structure are different where Welch's analysis of variance rejects; equivalent where the largest p of their tests of
    equivalence does, each corrected by Holm over the structures. What could not be computed has no verdict; where one
    group was not tested, the groups are not equivalent.

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
    tests.loc[is_tost & computed, "verdict"] = rejects[is_tost & computed].map({True: EQUIVALENT, False: INCONCLUSIVE})
    equivalent = _all_equivalent(tests[is_tost], alpha)
    of_survivors = _pairs_of(tests[is_tost & tests["note"].str.contains(NO_SURVIVORS, regex=False)])
    for (structure, metric), _ in tests[is_welch & computed].groupby(["structure", "metric"]):
        row = is_welch & (tests["structure"] == structure) & (tests["metric"] == metric)
        said = _said(different=bool(rejects[row].all()), equivalent=(structure, metric) in equivalent)
        tests.loc[row, "verdict"] = said
        if (structure, metric) in of_survivors:
            tests.loc[row, "note"] += f"; equivalence not tested: {NO_SURVIVORS}"
    return tests


def _all_equivalent(tost: pd.DataFrame, alpha: float) -> set[tuple[object, object]]:
    """The structures and metrics in which every group is equivalent to the control."""
    largest = tost["p"].fillna(math.inf).groupby([tost["structure"], tost["metric"]], sort=False).max().clip(upper=1)
    corrected = largest.groupby(level="metric").transform(holm)
    return set(corrected[corrected < alpha].index)


def _pairs_of(rows: pd.DataFrame) -> set[tuple[object, object]]:
    return set(zip(rows["structure"], rows["metric"], strict=True))


def _said(*, different: bool, equivalent: bool) -> str:
    if different:
        return BOTH if equivalent else DIFFERENT
    return EQUIVALENT if equivalent else INCONCLUSIVE
