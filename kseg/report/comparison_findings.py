"""What the tables of a comparison say: the rows of ranking.csv and tests.csv that are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kseg.labels import ALL, OUTLINED
from kseg.scales import unbounded

Row = Mapping[Any, Any]
"""Of a table, by column."""


@dataclass(frozen=True)
class StructureRanking:
    """What was found in one structure, of Dice.

    Args:
        structure: Its name.
        rows: Of the ranking over all patients, the best first.
        by_group: Of each setting its rows by group.
        best: The setting that is best for the worst group, that group, its mean, and the share of draws in which it is.
        friedman: The row of tests.csv; None where there are two settings.
        pairs: Those of the pairs.
        in_groups: The rows of the tests within groups: of a contrast, by group.
    """

    structure: str
    rows: Sequence[Row]
    by_group: Mapping[str, Mapping[str, Row]]
    best: tuple[str, str, float, float]
    friedman: Row | None
    pairs: Sequence[Row]
    in_groups: Mapping[str, Mapping[str, Row]]

    def group_n(self, group: str) -> int:
        """How many patients of a group are compared."""
        return max(int(rows[group]["n"]) for rows in self.by_group.values())


def structure_rankings(
    ranking: pd.DataFrame,
    tests: pd.DataFrame,
    tests_in_groups: pd.DataFrame,
    best: Mapping[str, tuple[str, str, float, float]],
) -> list[StructureRanking]:
    """Sort what was found by structure: of Dice, and of the outlined structures that have a ranking.

    Args:
        ranking: As for `write_comparison`, and so the others.
        tests: The tests between settings.
        tests_in_groups: Those within groups.
        best: For the worst group.
    """
    found = []
    for structure in OUTLINED:
        own = ranking[(ranking["metric"] == "dice") & (ranking["structure"] == structure)]
        rows = own[(own["group"] == ALL) & own["rank"].notna()].sort_values("rank", kind="stable")
        if rows.empty:
            continue
        tested = tests[(tests["metric"] == "dice") & (tests["structure"] == structure)]
        friedman = tested[(tested["test"] == "friedman")].to_dict("records")
        by_group = {
            str(setting): {row["group"]: row for row in part.to_dict("records")}
            for setting, part in own.groupby("setting", sort=False)
        }
        found.append(
            StructureRanking(
                structure,
                rows.to_dict("records"),
                by_group,
                best[structure],
                friedman[0] if friedman and len(rows) > 2 else None,
                tested[tested["test"] == "wilcoxon"].to_dict("records"),
                _in_groups(tests_in_groups, structure, several=len(rows) > 2),
            )
        )
    return found


def _in_groups(tests: pd.DataFrame, structure: str, *, several: bool) -> dict[str, dict[str, Row]]:
    """Friedman's test only where there are several settings."""
    rows: dict[str, dict[str, Row]] = {}
    for row in tests[(tests["metric"] == "dice") & (tests["structure"] == structure)].to_dict("records"):
        if several or row["test"] != "friedman":
            rows.setdefault(row["contrast"].removesuffix(f" in {row['group']}"), {})[row["group"]] = row
    return rows


def chosen_on_val(runs: pd.DataFrame) -> tuple[str, float]:
    """The setting with the best mean validation, and that; "" and NaN where none was validated."""
    means = runs.groupby("setting", sort=False)["val"].mean().dropna()
    return (str(means.idxmax()), float(means.max())) if len(means) else ("", math.nan)


def missed(ranking: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Say of each outlined structure in how many patients a setting missed it, by the first distance that there is.

    Args:
        ranking: As from `kseg.stats.ranking.rank_settings`.
        names: How a setting is called.

    Returns:
        Such as `cortex: 2 by unet, 1 by vnet`; nothing of a structure that nobody missed.
    """
    told = []
    for structure in OUTLINED:
        own = ranking[(ranking["structure"] == structure) & (ranking["group"] == ALL) & (ranking["n_missing"] > 0)]
        own = own[own["metric"].map(unbounded).astype(bool)].drop_duplicates("setting")
        if len(own):
            counts = ", ".join(f"{row['n_missing']} by {names[row['setting']]}" for row in own.to_dict("records"))
            told.append(f"{structure}: {counts}")
    return told
