"""Which setting is the best, for all and for the worst group, and how sure is that."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.labels import ALL, OUTLINED
from kseg.report.numbers import number, p_equals
from kseg.report.runs_table import shortened


def print_ranking(
    ranking: pd.DataFrame,
    tests: pd.DataFrame,
    best: Mapping[str, tuple[str, str, float]],
    console: Console | None = None,
) -> None:
    """Print the ranking of Dice over all patients, the tests between settings, and the best for the worst group.

    Args:
        ranking: From `kseg.stats.ranking.rank_settings`.
        tests: From `kseg.stats.ranking.compare_settings`.
        best: Of a structure, the setting that is best for the worst group, that group, and its mean.
        console: Where to; by default the terminal.
    """
    console = console or Console()
    dice = ranking[(ranking["metric"] == "dice") & (ranking["group"] == ALL) & (ranking["n"] > 0)]
    for structure in OUTLINED:
        rows = dice[dice["structure"] == structure].sort_values("rank", kind="stable")
        if rows.empty:
            continue
        n, missing = int(rows["n"].iloc[0]), int(rows["n_missing"].iloc[0])
        left_out = f", {missing} without a value in some setting" if missing else ""
        console.print(f"\nDice of the {structure}, paired by patient (n = {n}{left_out})")
        console.print(_table(rows))
        for line in _tests(tests[(tests["metric"] == "dice") & (tests["structure"] == structure)]):
            console.print(Text(f"  {line}"))
        setting, group, mean = best[structure]
        if setting:
            console.print(Text(f"  Best for the worst group: {setting}, {number(mean, 3)} in {group}"))


def _table(rows: pd.DataFrame) -> Table:
    title, names = shortened(rows["setting"].tolist())
    table = Table("rank", title, box=box.SIMPLE)
    for column in ("mean", "interval", "first in"):
        table.add_column(column, justify="right")
    for name, row in zip(names, rows.to_dict("records"), strict=True):
        interval = f"{number(row['ci_low'], 3)} to {number(row['ci_high'], 3)}"
        cells = (number(row["mean"], 3), interval, f"{row['first']:.0%}")
        table.add_row(str(int(row["rank"])), Text(name), *cells)
    return table


def _tests(tests: pd.DataFrame) -> list[str]:
    lines = []
    for row in tests.to_dict("records"):
        test = "Friedman" if row["test"] == "friedman" else f"Wilcoxon, {row['contrast']}"
        lines.append(f"{test}: {row['note'] or p_equals(row['p_holm'])}")
    return lines
