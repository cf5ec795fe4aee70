"""Does a measurement follow the kidney function along a line?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.agreement import known_pairs
from kseg.stats.finding import Finding
from kseg.stats.obstacles import are_identical
from kseg.stats.trend import left_out

FEWEST = 4
CONTRAST = "egfr"


def pearson_with_egfr(scores: pd.DataFrame, groups: Sequence[str], *, confidence: float = 0.95) -> list[Finding]:
    """Correlate a measurement with the eGFR.

    Args:
        scores: Of one structure, a row a patient, with `group`, `value` and `egfr`, mL/min/1.73 m^2.
        groups: Patients without a group count too, which the note says.
        confidence: Of the interval.

    Returns:
        One finding with r as statistic and as effect, and its interval by Fisher's z: `tanh(atanh(r) +- z / sqrt(n -
        3))`; where r cannot be computed the note says why, and how many lack a value or an eGFR.

    Reference:
        Fisher RA. On the "probable error" of a coefficient of correlation deduced from a small sample. Metron
        1921;1:3-32.
    """
    if "egfr" not in scores:
        return [Finding(CONTRAST, 0, note="not computed: the table has no eGFR")]
    pairs, _ = known_pairs(scores, ("value", "egfr"))
    n = len(pairs)
    lost = left_out(scores, groups, n)
    if n < FEWEST:
        return [Finding(CONTRAST, n, note=f"not computed: fewer than {FEWEST} patients have both").noting(lost)]
    if any(are_identical(column) for column in pairs.T):
        return [Finding(CONTRAST, n, note="not computed: all values are the same").noting(lost)]
    found = stats.pearsonr(*pairs.T)
    r = float(found.statistic)
    low, high = _interval(r, n, confidence)
    return [
        Finding(
            CONTRAST,
            n,
            statistic=r,
            df2=n - 2,
            p=float(found.pvalue),
            effect_name="pearson_r",
            effect=r,
            ci_low=low,
            ci_high=high,
            note=lost,
        )
    ]


def _interval(r: float, n: int, confidence: float) -> tuple[float, float]:
    if abs(r) >= 1:
        return r, r
    reach = float(stats.norm.ppf((1 + confidence) / 2)) / math.sqrt(n - 3)
    low, high = np.tanh(math.atanh(r) + np.array([-reach, reach]))
    return float(low), float(high)
