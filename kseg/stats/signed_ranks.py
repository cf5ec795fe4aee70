"""How large is a paired difference, by its signed ranks: the Hodges-Lehmann estimate with its interval."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LARGEST = 1000
"""Differences of which the distribution of the signed ranks is counted out, and all pairs are averaged."""


def signed_rank_interval(differences: NDArray[np.float64], confidence: float) -> tuple[float, float, float]:
    """Estimate the centre of paired differences.

    Args:
        differences: Of each patient, without NaN; those that are 0 stay in. Infinite ones, of one sign, count by
            their rank alone.
        confidence: At least this, as 0.95.

    Returns:
        The median of the Walsh averages, (d_i + d_j) / 2 for i <= j, and the ends of its interval: the k-th smallest
        and largest of them, k by the distribution of Wilcoxon's statistic, exact where no differences are tied. An end
        is NaN where so few differences cannot bear the confidence (five at 95 %), and infinite where infinite
        differences reach it. All are NaN of no difference, of more than `LARGEST`, and where infinite ones have both
        signs.

    Reference:
        Hodges JL, Lehmann EL. Estimates of location based on rank tests. Ann Math Stat 1963;34(2):598-611.
        Hollander M, Wolfe DA, Chicken E. Nonparametric statistical methods. 3rd ed. Wiley 2014, section 3.3.
    """
    infinite = differences[np.isinf(differences)]
    if not 0 < len(differences) <= LARGEST or len(set(np.sign(infinite))) > 1:
        return math.nan, math.nan, math.nan
    first, second = np.triu_indices(len(differences))
    averages = np.sort((differences[first] + differences[second]) / 2)
    middle = averages[(len(averages) - 1) // 2 : len(averages) // 2 + 1]
    k = signed_rank_quantile(len(differences), (1 - confidence) / 2)
    ends = (averages[k - 1], averages[-k]) if k else (math.nan, math.nan)
    return float(middle.mean()), float(ends[0]), float(ends[1])


def signed_rank_quantile(n: int, share: float) -> int:
    """Find the smallest value that Wilcoxon's statistic of n differences is not above with at least this probability.

    Args:
        n: How many differences.
        share: The probability, as 0.025.

    Returns:
        The value, R's `qsignrank`; 0 where even 0 is likelier than that.
    """
    return int(np.argmax(_cumulated(n) >= share))


@lru_cache(maxsize=8)
def _cumulated(n: int) -> NDArray[np.float64]:
    """The distribution of the sum of those of 1 to n that are drawn, each with probability one half."""
    chances = np.zeros(n * (n + 1) // 2 + 1)
    chances[0] = 1.0
    for rank in range(1, n + 1):
        chances[rank:] = (chances[rank:] + chances[:-rank]) / 2
        chances[:rank] /= 2
    return np.cumsum(chances)
