"""How do the scores look in every group: groups.csv."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kseg.labels import ALL
from kseg.stats.obstacles import are_identical
from kseg.stats.sample import check_scores, per_patient
from kseg.stats.worst import worst

GROUP_COLUMNS = (
    *("structure", "metric", "group", "n", "n_missing", "mean", "sd"),
    *("median", "q1", "q3", "worst", "ci_low", "ci_high"),
)


def describe_groups(
    metrics: pd.DataFrame, *, groups: Sequence[str], confidence: float, resamples: int, seed: int
) -> pd.DataFrame:
    """Describe every group's scores.

    Args:
        metrics: A row a case, structure and metric, as in metrics.csv.
        groups: In the order of the rows.
        confidence: Of the mean's interval, as 0.95.
        resamples: Of the bootstrap.
        seed: Of the bootstrap; a row depends on its own values and the seed alone.

    Returns:
        `GROUP_COLUMNS`: for each structure and metric a row a group and one for `all`. The SD is the sample's
        (n - 1); the interval is that of `mean_interval`; what cannot be had is NaN.

    Raises:
        InputError: The table cannot be read as scores, see `check_scores`.
    """
    rows = []
    for structure, metric, scores in per_patient(check_scores(metrics, groups)):
        for group in (*groups, ALL):
            values = scores["value"] if group == ALL else scores.loc[scores["group"] == group, "value"]
            measured = values.dropna().to_numpy(np.float64)
            interval = mean_interval(measured, confidence=confidence, resamples=resamples, seed=seed)
            counts = len(measured), len(values) - len(measured)
            rows.append((structure, metric, group, *counts, *_summary(measured), worst(measured, metric), *interval))
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def mean_interval(values: NDArray[np.float64], *, confidence: float, resamples: int, seed: int) -> tuple[float, float]:
    """Estimate in which interval the mean lies, by the bias-corrected and accelerated bootstrap.

    A bootstrap of few values is too narrow: at 95 % it covers the mean of skewed scores in 85 % with six values and in
    93 % with 24. So it is asked for the level of `widened`, and covers them as often as Student's interval does: 93 %
    and 96 %. Hesterberg widens the percentile interval so; to widen BCa alike is our own choice.

    Args:
        values: Without NaN, shape (n,).
        confidence: As 0.95.
        resamples: How often to draw.
        seed: Of the draws.

    Returns:
        Its ends; NaN with fewer than three values or when all are equal.

    Reference:
        Efron B. Better bootstrap confidence intervals. J Am Stat Assoc 1987;82(397):171-185.
    """
    if len(values) < 3 or are_identical(values):
        return math.nan, math.nan
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        interval = stats.bootstrap(
            (values,),
            np.mean,
            confidence_level=widened(confidence, len(values)),
            n_resamples=resamples,
            method="BCa",
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return float(interval.low), float(interval.high)


def widened(confidence: float, n: int) -> float:
    """The level at which a bootstrap of the mean is as wide as an interval at `confidence` must be.

    `1 - 2 Phi(-sqrt(n / (n - 1)) t)` with t the quantile of Student's distribution, n - 1 degrees of freedom, beyond
    which half of what the interval may miss lies: .995 for .95 with six values, .965 with 24.

    Args:
        confidence: As 0.95.
        n: How many values there are, two at least.

    Reference:
        Hesterberg TC. What teachers should know about the bootstrap: resampling in the undergraduate statistics
        curriculum. Am Stat 2015;69(4):371-386.
    """
    t = float(stats.t.isf((1 - confidence) / 2, n - 1))
    return 1 - 2 * float(stats.norm.sf(math.sqrt(n / (n - 1)) * t))


def _summary(values: NDArray[np.float64]) -> tuple[float, float, float, float, float]:
    if not len(values):
        return (math.nan,) * 5
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    q1, median, q3 = (float(quartile) for quartile in np.quantile(values, [0.25, 0.5, 0.75]))
    return float(np.mean(values)), sd, median, q1, q3
