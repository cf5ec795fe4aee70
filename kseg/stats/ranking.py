"""Which of several settings is the best, and how sure is that: paired by patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kseg.stats.finding import TEST_COLUMNS, Finding
from kseg.stats.holm import holm

ALL = "all"
RANKING_COLUMNS = (
    *("structure", "metric", "group", "setting", "n", "n_missing", "mean", "rank"),
    *("first", "ci_low", "ci_high", "kendall_tau"),
)
LOWER_IS_BETTER = ("hd95", "assd", "volume_error")


def paired(table: pd.DataFrame, settings: Sequence[str]) -> NDArray[np.float64]:
    """Values of the patients that every setting has a value for, shape (patients, settings).

    Args:
        table: Of one structure and metric, with `setting`, `case_id` and `value`.
        settings: In the order of the columns.
    """
    wide = table.pivot(index="case_id", columns="setting", values="value").reindex(columns=list(settings))
    return wide.dropna().to_numpy(np.float64)


def compare_settings(table: pd.DataFrame, *, settings: Sequence[str]) -> pd.DataFrame:
    """Test whether settings differ, patient by patient.

    Friedman's test over all of them, Wilcoxon's signed ranks of every pair, corrected by Holm over the pairs of one
    structure and metric.

    Args:
        table: From `kseg.stats.pooling.pooled`.
        settings: In order.

    Returns:
        `TEST_COLUMNS`; a pair's effect is the mean of its differences, later minus earlier. What cannot be computed
        says why.

    References:
        Friedman M. J Am Stat Assoc 1937;32(200):675-701. Wilcoxon F. Biometrics Bull 1945;1(6):80-83.
    """
    rows = []
    for (structure, metric), scores in table.groupby(["structure", "metric"], sort=False):
        values = paired(scores, settings)
        found = {"friedman": [_friedman(values)], "wilcoxon": _pairs(values, settings)}
        rows += [
            {"structure": structure, "metric": metric, "test": test, **asdict(finding), "p_holm": p}
            for test, findings in found.items()
            for finding, p in zip(findings, holm(pd.Series([one.p for one in findings])), strict=True)
        ]
    return pd.DataFrame(rows, columns=list(TEST_COLUMNS))


def rank_settings(
    table: pd.DataFrame, *, settings: Sequence[str], groups: Sequence[str], resamples: int, confidence: float, seed: int
) -> pd.DataFrame:
    """Rank settings by their mean, and draw patients again and again to see how often each would be first.

    Args:
        table: From `kseg.stats.pooling.pooled`.
        settings: In order.
        groups: Ranked within as well.
        resamples: Of the patients, the same for all settings.
        confidence: Of the mean's interval, by percentiles.
        seed: Of the draws.

    Returns:
        `RANKING_COLUMNS`: a row a structure, metric, group (and `all`) and setting. `first` is the share of draws in
        which the setting is the best, ties shared; `kendall_tau` the mean agreement of the drawn rankings with this.
    """
    rows = []
    for (structure, metric), scores in table.groupby(["structure", "metric"], sort=False):
        sign = -1.0 if str(metric).startswith(LOWER_IS_BETTER) else 1.0
        for group in (*groups, ALL):
            within = scores if group == ALL else scores[scores["group"] == group]
            values = paired(within, settings)
            if str(metric).startswith("volume_error"):
                values = np.abs(values)
            missing = within["case_id"].nunique() - len(values)
            drawn = _drawn_means(values, resamples, seed)
            ranked = _ranked(values, drawn, sign, confidence)
            rows += [
                {"structure": structure, "metric": metric, "group": group, "setting": setting}
                | {"n": len(values), "n_missing": missing, **ranked[place]}
                for place, setting in enumerate(settings)
            ]
    return pd.DataFrame(rows, columns=list(RANKING_COLUMNS))


def best_for_the_worst_group(ranking: pd.DataFrame, *, structure: str, metric: str = "dice") -> tuple[str, str, float]:
    """Find the setting whose worst group is best off.

    Args:
        ranking: From `rank_settings`.
        structure: Of this structure.
        metric: And this metric, of which more is better.

    Returns:
        The setting, its worst group, and that group's mean; "" and NaN where no group has a patient.
    """
    rows = ranking[(ranking["structure"] == structure) & (ranking["metric"] == metric) & (ranking["group"] != ALL)]
    rows = rows.dropna(subset=["mean"])
    if rows.empty:
        return "", "", float("nan")
    worst = rows.loc[rows.groupby("setting", sort=False)["mean"].idxmin()]
    best = worst.sort_values("mean", kind="stable").iloc[-1]
    return str(best["setting"]), str(best["group"]), float(best["mean"])


def _friedman(values: NDArray[np.float64]) -> Finding:
    patients, settings = values.shape
    nothing = Finding("settings", patients)
    if settings < 3 or patients < 2:
        return nothing.noting(f"not computed: fewer than {'three settings' if settings < 3 else 'two patients'}")
    if np.ptp(values, axis=1).max() == 0:
        return nothing.noting("not computed: all settings are the same in every patient")
    found = stats.friedmanchisquare(*values.T)
    statistic, p = float(found.statistic), float(found.pvalue)
    concordance = statistic / (patients * (settings - 1))
    return replace(nothing, statistic=statistic, df1=settings - 1, p=p, effect_name="kendall_w", effect=concordance)


def _pairs(values: NDArray[np.float64], settings: Sequence[str]) -> list[Finding]:
    return [
        _wilcoxon(values[:, later] - values[:, earlier], f"{settings[later]} - {settings[earlier]}")
        for earlier, later in combinations(range(len(settings)), 2)
    ]


def _wilcoxon(differences: NDArray[np.float64], contrast: str) -> Finding:
    nothing = Finding(contrast, len(differences))
    if len(differences) < 2 or not differences.any():
        return nothing.noting("not computed: fewer than two patients or none that differs")
    found = stats.wilcoxon(differences)
    statistic, p, mean = float(found.statistic), float(found.pvalue), float(differences.mean())
    return replace(nothing, statistic=statistic, p=p, effect_name="mean_difference", effect=mean)


def _drawn_means(values: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Means of patients drawn with replacement, shape (resamples, settings); none without patients."""
    if not len(values):
        return np.empty((0, values.shape[1]))
    draws = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    counts = np.apply_along_axis(np.bincount, 1, draws, minlength=len(values))
    means: NDArray[np.float64] = counts @ values / len(values)
    return means


def _ranked(
    values: NDArray[np.float64], drawn: NDArray[np.float64], sign: float, confidence: float
) -> list[dict[str, float]]:
    nothing = {name: float("nan") for name in ("mean", "rank", "first", "ci_low", "ci_high", "kendall_tau")}
    if not len(values):
        return [nothing] * values.shape[1]
    means = values.mean(axis=0)
    ranks = stats.rankdata(-sign * means, method="min")
    best = sign * drawn == (sign * drawn).max(axis=1, keepdims=True)
    first = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    tau = _agreement(drawn, means)
    return [
        {
            "mean": means[i],
            "rank": ranks[i],
            "first": first[i],
            "ci_low": low[i],
            "ci_high": high[i],
            "kendall_tau": tau,
        }
        for i in range(values.shape[1])
    ]


def _agreement(drawn: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """Kendall's tau of the drawn rankings with that of the means, on average; NaN of a single setting."""
    one, other = np.triu_indices(len(means), k=1)
    if not len(one):
        return float("nan")
    return float(np.mean(np.sign(drawn[:, one] - drawn[:, other]) * np.sign(means[one] - means[other])))
