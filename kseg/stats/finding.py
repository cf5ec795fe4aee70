"""What does a statistical test say: one row of tests.csv."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

TEST_COLUMNS = (
    *("structure", "metric", "test", "contrast", "n", "statistic", "df1", "df2", "p", "p_holm"),
    *("effect_name", "effect", "ci_low", "ci_high", "margin", "verdict", "note"),
)


@dataclass(frozen=True)
class Finding:
    """What one test found in one structure and metric; NaN and "" where it says nothing.

    Args:
        contrast: What is compared with what, as `groups` or `severe - control`.
        n: Patients that entered.
        statistic: The test's own, as F.
        df1: Its degrees of freedom, the numerator's.
        df2: The denominator's.
        p: Two-sided unless the test's name says otherwise, before any correction.
        effect_name: Which measure of effect.
        effect: Its value.
        ci_low: The lower end of its interval.
        ci_high: The upper end.
        margin: What counts as equivalent, in the metric's own unit.
        verdict: `different`, `equivalent`, `different but within the margin`, `not equivalent` or `inconclusive`; never
            "no difference".
        note: What a reader must know beside the numbers: who is missing, why nothing was computed.
    """

    contrast: str
    n: int
    statistic: float = math.nan
    df1: float = math.nan
    df2: float = math.nan
    p: float = math.nan
    effect_name: str = ""
    effect: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    margin: float = math.nan
    verdict: str = ""
    note: str = ""

    def noting(self, *remarks: str) -> Finding:
        """The same with further remarks in its note."""
        return replace(self, note="; ".join(remark for remark in (self.note, *remarks) if remark))
