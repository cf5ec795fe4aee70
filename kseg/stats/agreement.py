"""How well do the predicted volumes agree with the outlined ones?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kseg.stats.finding import Finding
from kseg.stats.obstacles import ROUNDING, are_identical

FEWEST = 3
CONTRAST = "predicted - outlined"

Pairs = NDArray[np.float64]
"""Outlined and predicted volume of each patient, shape (n, 2), without NaN."""


def bland_altman(volumes: pd.DataFrame, *, confidence: float = 0.95) -> list[Finding]:
    """Describe the differences of two measurements: bias, limits of agreement, and whether the bias grows with size.

    The limits are bias +- 1.96 SD of the differences; their intervals are bounded by t with the standard error
    `SD sqrt(1/n + 1.96^2 / (2 (n - 1)))`.

    Args:
        volumes: One structure, a row a patient, with `reference_ml` and `predicted_ml`.
        confidence: Of the intervals.

    Returns:
        Findings named `bias`, `lower limit`, `upper limit` (ml, with their intervals; p of the bias by a paired t test)
        and `proportional bias` (the slope of the difference on the mean of both, with its interval and p).

    Reference:
        Bland JM, Altman DG. Measuring agreement in method comparison studies. Stat Methods Med Res 1999;8(2):135-160.
    """
    pairs, lost = known_pairs(volumes)
    n = len(pairs)
    if n < FEWEST:
        return [too_few("bias", n, lost)]
    differences = pairs[:, 1] - pairs[:, 0]
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    remark = ""
    if are_identical(differences):
        sd, remark = 0.0, "the difference is the same in all patients"
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    error_of_bias = sd / math.sqrt(n)
    error_of_limit = sd * math.sqrt(1 / n + 1.96**2 / (2 * (n - 1)))
    p = float(stats.ttest_1samp(differences, 0).pvalue) if sd else math.nan
    ml = Finding("bias", n, df1=math.nan, df2=n - 1, effect_name="ml", note=lost).noting(remark)
    return [
        replace(ml, p=p, effect=bias, ci_low=bias - t * error_of_bias, ci_high=bias + t * error_of_bias),
        *(
            replace(
                ml, contrast=name, effect=limit, ci_low=limit - t * error_of_limit, ci_high=limit + t * error_of_limit
            )
            for name, limit in (("lower limit", bias - 1.96 * sd), ("upper limit", bias + 1.96 * sd))
        ),
        _proportional_bias(pairs, differences, confidence).noting(lost),
    ]


def _proportional_bias(pairs: Pairs, differences: NDArray[np.float64], confidence: float) -> Finding:
    n, means = len(pairs), pairs.mean(axis=1)
    if are_identical(means):
        return Finding("proportional bias", n, note="not computed: the means of both volumes are all the same")
    line = stats.linregress(means, differences)
    reach = float(stats.t.ppf((1 + confidence) / 2, n - 2)) * float(line.stderr)
    slope = float(line.slope)
    return Finding(
        "proportional bias",
        n,
        df2=n - 2,
        p=float(line.pvalue),
        effect_name="slope",
        effect=slope,
        ci_low=slope - reach,
        ci_high=slope + reach,
    )


def intraclass_correlation(volumes: pd.DataFrame, *, confidence: float = 0.95) -> list[Finding]:
    """ICC(A,1): how far single measurements of the two kinds could stand for one another, bias counted as disagreement.

    Two-way random effects, absolute agreement, with the mean squares of patients, methods and error:
    `(MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)`, k = 2.

    Args:
        volumes: One structure, a row a patient, with `reference_ml` and `predicted_ml`.
        confidence: Of the interval.

    Returns:
        One finding; where it cannot be computed the note says why.

    Reference:
        McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychol Methods
        1996;1(1):30-46.
    """
    pairs, lost = known_pairs(volumes)
    n, k = len(pairs), 2
    if n < FEWEST or are_identical(pairs.ravel()):
        return [too_few(CONTRAST, n, lost)]
    grand, by_patient, by_method = pairs.mean(), pairs.mean(axis=1), pairs.mean(axis=0)
    msr = k * float(((by_patient - grand) ** 2).sum()) / (n - 1)
    msc = n * float(((by_method - grand) ** 2).sum()) / (k - 1)
    residual = pairs - by_patient[:, None] - by_method[None, :] + grand
    mse = float((residual**2).sum()) / ((n - 1) * (k - 1))
    if mse <= ROUNDING * msr:  # the same differences in all
        mse = 0.0
    icc = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    low, high = _icc_interval(icc, msr, msc, mse, n, k, confidence)
    return [Finding(CONTRAST, n, effect_name="icc_a1", effect=icc, ci_low=low, ci_high=high, note=lost)]


def _icc_interval(
    icc: float, msr: float, msc: float, mse: float, n: int, k: int, confidence: float
) -> tuple[float, float]:
    if mse == 0:
        return (icc, icc) if msc == 0 else (math.nan, math.nan)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    tail = (1 + confidence) / 2
    above, below = float(stats.f.ppf(tail, n - 1, v)), float(stats.f.ppf(tail, v, n - 1))
    low = n * (msr - above * mse) / (above * (k * msc + (k * n - k - n) * mse) + n * msr)
    high = n * (below * msr - mse) / (k * msc + (k * n - k - n) * mse + n * below * msr)
    return low, high


def concordance_correlation(volumes: pd.DataFrame, *, confidence: float = 0.95) -> list[Finding]:
    """Lin's concordance: correlation, lowered by whatever leads away from the line of identity.

    `2 s12 / (s1^2 + s2^2 + (mean1 - mean2)^2)` with variances over n; its interval by Fisher's z.

    Args:
        volumes: One structure, a row a patient, with `reference_ml` and `predicted_ml`.
        confidence: Of the interval.

    Returns:
        One finding; where it cannot be computed the note says why.

    References:
        Lin LI. A concordance correlation coefficient to evaluate reproducibility. Biometrics 1989;45(1):255-268, and
        the correction in Biometrics 2000;56(1):324-325.
    """
    pairs, lost = known_pairs(volumes)
    n = len(pairs)
    if n < FEWEST:
        return [too_few(CONTRAST, n, lost)]
    if constant := [what for what, ml in zip(("outlined", "predicted"), pairs.T, strict=True) if are_identical(ml)]:
        why = f"not computed: the {' and the '.join(constant)} volumes are all the same"
        return [Finding(CONTRAST, n, note=why).noting(lost)]
    (var1, covariance), (_, var2) = np.cov(pairs.T, ddof=0)
    shift = float(np.diff(pairs.mean(axis=0))[0])
    ccc = 2 * float(covariance) / float(var1 + var2 + shift**2)
    r = float(covariance / math.sqrt(var1 * var2))
    low, high = _concordance_interval(ccc, r, shift**2 / math.sqrt(var1 * var2), n, confidence)
    return [Finding(CONTRAST, n, effect_name="ccc", effect=ccc, ci_low=low, ci_high=high, note=lost)]


def _concordance_interval(ccc: float, r: float, shift: float, n: int, confidence: float) -> tuple[float, float]:
    if abs(ccc) >= 1 or r == 0:
        return math.nan, math.nan
    ratio = ccc**2 * (1 - r**2) / ((1 - ccc**2) * r**2)
    shifted = 2 * ccc**3 * (1 - ccc) * shift / (r * (1 - ccc**2) ** 2)
    variance = (ratio + shifted - ccc**4 * shift**2 / (2 * r**2 * (1 - ccc**2) ** 2)) / (n - 2)
    if variance < 0:
        return math.nan, math.nan
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt(variance)
    return math.tanh(math.atanh(ccc) - reach), math.tanh(math.atanh(ccc) + reach)


def known_pairs(volumes: pd.DataFrame, columns: Sequence[str] = ("reference_ml", "predicted_ml")) -> tuple[Pairs, str]:
    """Take the rows in which both are known, and say how many are not."""
    pairs = volumes[list(columns)].to_numpy(np.float64)
    known = pairs[~np.isnan(pairs).any(axis=1)]
    lost = len(pairs) - len(known)
    return known, f"without one of the two: {lost}" if lost else ""


def too_few(contrast: str, n: int, lost: str) -> Finding:
    """A row that says that nothing could be computed."""
    why = "all volumes are the same" if n >= FEWEST else f"fewer than {FEWEST} patients"
    return Finding(contrast, n, note=f"not computed: {why}").noting(lost)
