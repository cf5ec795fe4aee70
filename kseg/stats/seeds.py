"""How much do a setting's means differ from one seed, or repeat, to the next?"""

from __future__ import annotations

import pandas as pd

from kseg.labels import ALL


def with_seeds(ranking: pd.DataFrame, rounds: pd.DataFrame) -> pd.DataFrame:
    """Add to a ranking over how many seeds its means are taken, and their spread.

    Args:
        ranking: From `kseg.stats.ranking.rank_settings`.
        rounds: From `kseg.stats.pooling.paired_rounds`; the repeats of a cross-validation count as seeds do, its folds
            do not.

    Returns:
        The ranking with `seeds` and `sd_seeds`, the SD (n - 1) of the seeds' means, each over the patients of `mean`;
        NaN with one seed.
    """
    spread = {
        (structure, metric, group, setting): (count, sd)
        for (structure, metric), scores in rounds.groupby(["structure", "metric"], sort=False)
        for group in ranking["group"].unique()
        for setting, count, sd in _spread(scores if group == ALL else scores[scores["group"] == group])
    }
    keys = zip(*(ranking[column] for column in ("structure", "metric", "group", "setting")), strict=True)
    rounds_of_setting = rounds.groupby("setting")["round"].nunique()
    found = [spread.get(key, (int(rounds_of_setting.get(key[3], 0)), float("nan"))) for key in keys]
    return ranking.assign(seeds=[count for count, _ in found], sd_seeds=[sd for _, sd in found])


def _spread(scores: pd.DataFrame) -> list[tuple[str, int, float]]:
    wide = scores.pivot(index="case_id", columns=["setting", "round"], values="value").dropna()
    means = wide.mean().groupby(level="setting", sort=False)
    return [(str(setting), len(own), float(own.std(ddof=1))) for setting, own in means]
