"""Does a score follow the kidney function itself, groups aside?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.finding import Finding

FEWEST = 4


def spearman_with_egfr(scores: pd.DataFrame, groups: Sequence[str], *, confidence: float = 0.95) -> list[Finding]:
    """Correlate the ranks of the scores with those of the eGFR.

    Args:
        scores: One structure and metric, a row a patient, with `value` and `egfr`, mL/min/1.73 m^2.
        groups: Patients without a group count too, which the note says.
        confidence: Of the interval.

    Returns:
        One finding with rho as statistic and as effect, and its interval by Fisher's z with Bonett's and Wright's
        standard error; where rho cannot be computed the note says why, and how many lack a value or an eGFR.

    References:
        Spearman C. The proof and measurement of association between two things. Am J Psychol 1904;15(1):72-101.
        Bonett DG, Wright TA. Sample size requirements for estimating Pearson, Kendall and Spearman correlations.
        Psychometrika 2000;65(1):23-28.
    """
    contrast = "egfr"
    if "egfr" not in scores:
        return [Finding(contrast, 0, note="not computed: the table has no eGFR")]
    pairs = scores[["value", "egfr"]].to_numpy(np.float64)
    known = pairs[~np.isnan(pairs).any(axis=1)]
    n = len(known)
    lost = left_out(scores, groups, n)
    if n < FEWEST:
        return [Finding(contrast, n, note=f"not computed: fewer than {FEWEST} patients have both").noting(lost)]
    if np.ptp(known[:, 0]) == 0 or np.ptp(known[:, 1]) == 0:
        return [Finding(contrast, n, note="not computed: all values are the same").noting(lost)]
    found = stats.spearmanr(known[:, 0], known[:, 1])
    rho = float(found.statistic)
    low, high = rank_correlation_interval(rho, n, confidence=confidence)
    return [
        Finding(
            contrast,
            n,
            statistic=rho,
            p=float(found.pvalue),
            effect_name="spearman_rho",
            effect=rho,
            ci_low=low,
            ci_high=high,
            note=lost,
        )
    ]


def left_out(scores: pd.DataFrame, groups: Sequence[str], n: int) -> str:
    """Count who lacks a value or an eGFR, and who belongs to no group and yet is here.

    Args:
        scores: A row a patient, with `group`, `value` and `egfr`.
        groups: Those that the cohort knows.
        n: How many have both.

    Returns:
        A note; "" where everybody is there.
    """
    remarks = [f"without a value or an eGFR: {len(scores) - n}"] if n < len(scores) else []
    complete = scores[["value", "egfr"]].notna().all(axis=1)
    ungrouped = int((complete & ~scores["group"].isin(list(groups))).sum())
    return "; ".join(remarks + ([f"without a group, and counted here: {ungrouped}"] if ungrouped else []))


def rank_correlation_interval(rho: float, n: int, *, confidence: float) -> tuple[float, float]:
    """Bound a rank correlation: `tanh(atanh(rho) +- z sqrt((1 + rho^2 / 2) / (n - 3)))`.

    Args:
        rho: From -1 to 1.
        n: Pairs, four at least.
        confidence: Of the interval.

    Returns:
        Its ends; both rho where it is 1 or -1.
    """
    if abs(rho) >= 1:
        return rho, rho
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    centre = math.atanh(rho)
    return math.tanh(centre - reach), math.tanh(centre + reach)
