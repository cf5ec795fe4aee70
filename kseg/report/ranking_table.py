"""Which setting is the best, for all and for the worst group, and how sure is that."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.labels import ALL, OUTLINED
from kseg.report.comparison_findings import missed
from kseg.report.numbers import ALPHA, NOTHING, mean_sd, number, p_equals
from kseg.report.runs_table import shortened
from kseg.report.source import NOT_TOLD, Source

DESCRIBES = "Ranked on test patients: a description; settings are chosen on val"


def print_ranking(
    ranking: pd.DataFrame,
    tests: pd.DataFrame,
    best: Mapping[str, tuple[str, str, float, float]],
    console: Console | None = None,
    *,
    alpha: float = ALPHA,
    source: Source = NOT_TOLD,
) -> None:
    """Print the ranking of Dice over all patients, the tests between settings, and the best for the worst group.

    Args:
        ranking: From `kseg.stats.ranking.rank_settings`, with `kseg.stats.seeds.with_seeds`.
        tests: From `kseg.stats.settings.compare_settings`.
        best: As for `kseg.report.comparison.write_comparison`.
        console: Where to; by default the terminal.
        alpha: Level of the tests.
        source: Where the CTs came from; of synthetic ones a line warns.
    """
    console = console or Console()
    dice = ranking[(ranking["metric"] == "dice") & (ranking["group"] == ALL) & (ranking["n"] > 0)]
    for structure in OUTLINED:
        rows = dice[dice["structure"] == structure].sort_values("rank", kind="stable")
        if rows.empty:
            continue
        console.print(f"\nDice of the {structure}, paired by patient (n = {int(rows['n'].iloc[0])})")
        console.print(_table(rows))
        notes = dict.fromkeys(note for note in rows["note"] if note)
        for line in [*notes, *_tests(tests[(tests["metric"] == "dice") & (tests["structure"] == structure)], alpha)]:
            console.print(Text(f"  {line}"))
        setting, group, mean, first = best[structure]
        if setting:
            drawn = "" if math.isnan(first) else f"; so in {share(first)} of cohorts drawn again"
            console.print(Text(f"  Best for the worst group: {setting}, {number(mean, 3)} in {group}{drawn}"))
    for line in missed(ranking, {setting: setting for setting in ranking["setting"]}):
        console.print(Text(f"Without a distance, which ranks worst, in patients: {line}"))
    if source.warning:
        console.print(Text(source.warning))
    if len(dice):
        console.print(f"{DESCRIBES}.\n")


def share(part: float) -> str:
    """Write a share in percent; never 0 % or 100 % of what is neither none nor all."""
    if math.isnan(part):
        return NOTHING
    if 0 < part < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= part < 1 else f"{part:.0%}".replace("%", " %")


def _table(rows: pd.DataFrame) -> Table:
    title, names = shortened(rows["setting"].tolist())
    table = Table("rank", title, box=box.SIMPLE)
    several = (rows["seeds"] > 1).any()
    for column in (
        *(["seeds"] if several else []),
        "mean ± SD of seeds" if several else "mean",
        "interval",
        "first in",
    ):
        table.add_column(column, justify="right")
    for name, row in zip(names, rows.to_dict("records"), strict=True):
        interval = f"{number(row['ci_low'], 3)} to {number(row['ci_high'], 3)}"
        cells = (mean_sd(row["mean"], row["sd_seeds"], 3), interval, share(row["first"]))
        rank = NOTHING if math.isnan(row["rank"]) else str(int(row["rank"]))
        table.add_row(rank, Text(name), *([str(row["seeds"])] if several else []), *cells)
    return table


def _tests(tests: pd.DataFrame, alpha: float) -> list[str]:
    lines = []
    for row in tests.to_dict("records"):
        test = "Friedman" if row["test"] == "friedman" else f"Wilcoxon, {row['contrast']}"
        found = [] if math.isnan(row["p"]) else [p_equals(row["p_holm"], alpha)]
        if not math.isnan(row["ci_low"]):
            found.append(f"{number(row['effect'], 3)} ({number(row['ci_low'], 3)} to {number(row['ci_high'], 3)})")
        lines.append(f"{test}: {'; '.join([*found, *([row['note']] if row['note'] else [])])}")
    return lines
