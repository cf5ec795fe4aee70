"""Which of several settings is the best, and how sure is that: paired by patient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kseg.labels import ALL
from kseg.scales import signed
from kseg.stats.standing import DIGITS, Standing, Values, standing

RANKING_COLUMNS = (
    *("structure", "metric", "group", "setting", "n", "n_missing", "mean", "rank"),
    *("first", "ci_low", "ci_high", "kendall_tau", "n_mean", "mean_rank", "note"),
)
FEWEST = 3
"""Patients from whom can be drawn; fewer give the same few means again and again."""


def rank_settings(
    table: pd.DataFrame, *, settings: Sequence[str], groups: Sequence[str], resamples: int, confidence: float, seed: int
) -> pd.DataFrame:
    """Rank settings, and draw patients again and again to see how often each would be first.

    Settings are ranked by their mean over the patients who have a value of every setting. Distances (HD95, ASSD) are
    ranked by the mean of the patients' ranks: a missed kidney has no distance and counts as worse than any, so that no
    setting gains by missing the difficult ones. Signed errors have a bias and are not ranked; their sizes are.

    Args:
        table: From `kseg.stats.pooling.over_rounds`.
        settings: In order.
        groups: Ranked within as well.
        resamples: Of the patients, the same for all settings.
        confidence: Of the mean's interval, by percentiles.
        seed: Of the draws.

    Returns:
        `RANKING_COLUMNS`: a row a structure, metric, group (and `all`) and setting. `n` counts the patients who are
        compared, `n_missing` those of the group without a value of this setting, `n_mean` those of `mean`, who are the
        same for all settings. `first` is the share of draws in which the setting is the best, ties shared;
        `kendall_tau` the mean agreement (tau-b) of the drawn rankings with this. What is NaN, the note explains.
    """
    rows = []
    for (structure, metric), scores in table.groupby(["structure", "metric"], sort=False):
        if signed(str(metric)):
            continue
        for group in (*groups, ALL):
            within = scores if group == ALL else scores[scores["group"] == group]
            ranked = _ranked(standing(within, settings, str(metric)), resamples, confidence, seed)
            rows += [{"structure": structure, "metric": metric, "group": group, **row} for row in ranked]
    return pd.DataFrame(rows, columns=list(RANKING_COLUMNS))


@dataclass(frozen=True)
class Draws:
    """What drawing the patients again says of each setting, NaN where nobody was drawn; arrays a setting."""

    first: Values
    ci_low: Values
    ci_high: Values
    kendall_tau: float


def _ranked(stands: Standing, resamples: int, confidence: float, seed: int) -> list[dict[str, object]]:
    points, complete = stands.points(), stands.values[stands.complete]
    found, why_not = _ranks(points, stands), _why_not_drawn(stands, len(points))
    nothing = np.full(len(stands.settings), math.nan)
    draws = Draws(nothing, nothing, nothing, math.nan)
    if not why_not:
        draws = _drawn(points, complete, resamples, confidence, seed)
    unfinished = [why_not] if why_not else _unfinished(draws, len(complete))
    note = "; ".join([*unfinished, *stands.remarks()])
    return [
        {
            **{"setting": setting, "n": len(points), "n_missing": stands.missing[place]},
            **{"mean": found[place][0], "rank": found[place][1], "first": draws.first[place]},
            **{"ci_low": draws.ci_low[place], "ci_high": draws.ci_high[place], "kendall_tau": draws.kendall_tau},
            **{"n_mean": len(complete), "mean_rank": found[place][2], "note": note},
        }
        for place, setting in enumerate(stands.settings)
    ]


def _why_not_drawn(stands: Standing, patients: int) -> str:
    if stands.unscored:
        return f"not ranked: no such score of {', '.join(stands.unscored)}"
    if not patients:
        return "not ranked: no patient"
    if patients < FEWEST:
        return f"not drawn again: {patients} patient{'s' if patients > 1 else ''}, at least {FEWEST} are needed"
    return ""


def _unfinished(draws: Draws, patients: int) -> list[str]:
    return [
        *([] if patients else ["no mean: nobody has a value of every setting"]),
        *(["no interval of the mean: too few have a value of every setting"] if 0 < patients < FEWEST else []),
        *(["no Kendall's tau: all settings are equal"] if math.isnan(draws.kendall_tau) else []),
    ]


def _ranks(points: Values, stands: Standing) -> list[tuple[float, float, float]]:
    """Of each setting its mean value, its rank, and the mean of its ranks in the patients."""
    complete = stands.values[stands.complete]
    means = complete.mean(axis=0) if len(complete) else np.full(len(stands.settings), math.nan)
    if not len(points) or stands.unscored:
        return [(float(mean), math.nan, math.nan) for mean in means]
    ranks = stats.rankdata(-np.round(points.mean(axis=0), DIGITS), method="min")
    mean_ranks = stats.rankdata(-points, axis=1).mean(axis=0)
    return list(zip(means.tolist(), ranks.tolist(), mean_ranks.tolist(), strict=True))


def _drawn(points: Values, complete: Values, resamples: int, confidence: float, seed: int) -> Draws:
    means = np.round(points.mean(axis=0), DIGITS)
    drawn = np.round(means_of_draws(points, resamples, seed), DIGITS)
    best = drawn == drawn.max(axis=1, keepdims=True)
    first = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    low = high = np.full(len(means), math.nan)
    if len(complete) >= FEWEST:
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = np.quantile(means_of_draws(complete, resamples, seed), ends, axis=0)
    return Draws(first, low, high, _agreement(drawn, means))


def means_of_draws(values: Values, resamples: int, seed: int) -> Values:
    """Draw patients with replacement, the same draws for all settings.

    Args:
        values: Shape (patients, settings).
        resamples: How often.
        seed: Of the draws.

    Returns:
        The draws' means, shape (resamples, settings).
    """
    patients = len(values)
    counts = np.random.default_rng(seed).multinomial(patients, np.full(patients, 1 / patients), size=resamples)
    means: Values = counts @ values / patients
    return means


def _agreement(drawn: Values, means: Values) -> float:
    """Kendall's tau-b of each drawn ranking with that of the means, on average; NaN where one of them is all ties."""
    one, other = np.triu_indices(len(means), k=1)
    ours = np.sign(means[one] - means[other])
    theirs: NDArray[np.float64] = np.sign(drawn[:, one] - drawn[:, other])
    untied = np.sqrt(np.count_nonzero(ours) * np.count_nonzero(theirs, axis=1))
    taus = (theirs @ ours)[untied > 0] / untied[untied > 0]
    return float(taus.mean()) if len(taus) else math.nan
