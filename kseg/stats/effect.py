"""How large is a difference, whatever its p?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

LARGEST_NONCENTRALITY = 1e7


def omega_squared(f: float, df1: float, df2: float) -> float:
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


def omega_squared_interval(f: float, df1: float, df2: float, *, confidence: float) -> tuple[float, float]:
    """Invert the noncentral F distribution: which shares of explained variance would make such an F.

    A noncentrality l stands for the share l / (l + n), n = df1 + df2 + 1.

    Args:
        f: Of the one-way analysis of variance.
        df1: Groups minus one.
        df2: Patients minus groups.
        confidence: Of the interval, as 0.95.

    Returns:
        Its ends, from 0 to 1.

    Reference:
        Steiger JH. Beyond the F test: effect size confidence intervals and tests of close fit in the analysis of
        variance and contrast analysis. Psychol Methods 2004;9(2):164-182.
    """
    tail = (1 - confidence) / 2
    n = df1 + df2 + 1
    low, high = (_noncentrality(f, df1, df2, below) for below in (1 - tail, tail))
    return 1 - n / (low + n), 1 - n / (high + n)


def _noncentrality(f: float, df1: float, df2: float, below: float) -> float:
    """The noncentrality at which an F as small as this has the probability `below`; 0 where no F is so unlikely."""

    def excess(noncentrality: float) -> float:
        return float(stats.ncf.cdf(f, df1, df2, noncentrality)) - below

    if float(stats.f.cdf(f, df1, df2)) <= below:
        return 0.0
    end = max(1.0, df1 * f)
    while excess(end) > 0 and end < LARGEST_NONCENTRALITY:
        end *= 2
    return float(optimize.brentq(excess, 0.0, end)) if excess(end) <= 0 else math.inf


def hedges_g(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Express the difference of two means in their pooled standard deviation, corrected for small samples.

    `g = J(n1 + n2 - 2) (mean1 - mean2) / s`, with J(m) = gamma(m/2) / (sqrt(m/2) gamma((m-1)/2)).

    Args:
        first: Shape (n1,), without NaN.
        second: Shape (n2,), likewise.

    Returns:
        g; NaN where there is no variance.

    Reference:
        Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators. J Educ Stat
        1981;6(2):107-128.
    """
    df = len(first) + len(second) - 2
    if df < 1:
        return math.nan
    pooled = math.sqrt(((len(first) - 1) * _variance(first) + (len(second) - 1) * _variance(second)) / df)
    if pooled == 0 or df < 2:
        return math.nan
    correction = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    return correction * float(first.mean() - second.mean()) / pooled


def _variance(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
