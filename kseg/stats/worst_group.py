"""Which setting is best for those who are worst off, and how sure is that?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from kseg.labels import ALL
from kseg.stats.ranking import FEWEST, means_of_draws
from kseg.stats.standing import DIGITS, Values, standing

DICE = "dice"


class Served(NamedTuple):
    """How a setting serves its worst group.

    Args:
        setting: "" where no group has a patient.
        group: Its worst.
        mean: Of that group.
        first: The share of draws in which no setting's worst group is better off, ties shared; NaN where a group has
            fewer than three patients.
    """

    setting: str
    group: str
    mean: float
    first: float


def best_for_the_worst_group(
    ranking: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    structure: str,
    resamples: int,
    seed: int,
) -> Served:
    """Find the setting whose worst group is best off by Dice, which is 0 where a kidney was missed.

    Args:
        ranking: From `kseg.stats.ranking.rank_settings`.
        scores: From `kseg.stats.pooling.over_rounds`; patients are drawn from them again, each group's among its own.
        structure: Of this structure.
        resamples: How often.
        seed: Of the draws.

    Returns:
        Of equals, the one that comes first.
    """
    rows = ranking[(ranking["structure"] == structure) & (ranking["metric"] == DICE) & (ranking["group"] != ALL)]
    rows = rows.dropna(subset=["mean"])
    if rows.empty:
        return Served("", "", math.nan, math.nan)
    worst = rows.sort_values("mean", kind="stable").drop_duplicates("setting").sort_index()
    best = worst.iloc[int(worst["mean"].argmax())]
    settings, groups = list(rows["setting"].unique()), list(rows["group"].unique())
    own = scores[(scores["structure"] == structure) & (scores["metric"] == DICE)]
    first = _first(own, settings, groups, resamples, seed)
    place = settings.index(best["setting"])
    return Served(str(best["setting"]), str(best["group"]), float(best["mean"]), float(first[place]))


def _first(scores: pd.DataFrame, settings: Sequence[str], groups: Sequence[str], resamples: int, seed: int) -> Values:
    """Of each setting, the share of draws in which its worst group is best off."""
    each = [standing(scores[scores["group"] == group], settings, DICE).comparable() for group in groups]
    if min(len(values) for values in each) < FEWEST:
        return np.full(len(settings), math.nan)
    drawn = [means_of_draws(values, resamples, seed + number) for number, values in enumerate(each)]
    worst = np.round(np.min(drawn, axis=0), DIGITS)
    best = worst == worst.max(axis=1, keepdims=True)
    share: Values = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return share
