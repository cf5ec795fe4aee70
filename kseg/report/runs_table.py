"""How do several runs stand beside one another: the Dice of each, and the means over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.labels import OUTLINED
from kseg.report.numbers import mean_sd, number


@dataclass(frozen=True)
class FinishedRun:
    """A finished run, or the folds of a cross-validation put together.

    Args:
        name: What tells it apart from the others.
        chosen: The validation by which its checkpoint was chosen; NaN without one.
        scores: Its patients' scores: case_id, group, structure, metric and value.
        seed: Of the training.
        setting: Its name without the seed.
        folds: How many runs it is made of, which together tested every patient once.
    """

    name: str
    chosen: float
    scores: pd.DataFrame
    seed: int
    setting: str
    folds: int = 1


def runs_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """Put the mean test Dice of several runs into one table.

    Args:
        runs: Any number.

    Returns:
        A row a run, the best validation first: run, setting, seed, val, and for each outlined structure its mean, the
        mean of its worst group and that group's name, `<structure>`, `<structure>_worst` and `<structure>_worst_group`;
        NaN and "" where there is none. At the end `folds`, and `n`, how many patients were tested.
    """
    rows = [_row(run) for run in runs]
    columns = ["run", "setting", "seed", "val", *[f"{name}{end}" for name in OUTLINED for end in ENDS]]
    columns += ["folds", "n"]
    return pd.DataFrame(rows, columns=columns).sort_values("val", ascending=False, kind="stable", ignore_index=True)


ENDS = ("", "_worst", "_worst_group")


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Average the rows that differ by their seeds alone; folds were put together before.

    Args:
        table: As from `runs_table`.

    Returns:
        A row a setting, the best mean validation first: setting, seeds (the repeats of a cross-validation count as
        such), and of each number its mean and `_sd`.
    """
    numbers = ["val", *[f"{name}{end}" for name in OUTLINED for end in ("", "_worst")]]
    rows = []
    for setting, runs in table.groupby("setting", sort=False):
        means = {column: runs[column].mean() for column in numbers}
        spreads = {f"{column}_sd": runs[column].std(ddof=1) for column in numbers}
        rows.append({"setting": setting, "seeds": len(runs), **means, **spreads})
    averaged = pd.DataFrame(rows)
    return averaged.sort_values("val", ascending=False, kind="stable", ignore_index=True)


def print_runs(table: pd.DataFrame, console: Console | None = None) -> None:
    """Print a row a run, and below the means over seeds where a setting was trained with several.

    Args:
        table: As from `runs_table`.
        console: Where to; by default the terminal.
    """
    console = console or Console()
    title, names = shortened(table["run"].tolist())
    shown = _table(title)
    for name, row in zip(names, table.to_dict("records"), strict=True):
        worst = [(number(row[structure], 3), _worst(row, structure)) for structure in OUTLINED]
        shown.add_row(Text(name), number(row["val"], 3), *[cell for pair in worst for cell in pair])
    console.print("\nDice of the test patients; the best on val comes first")
    if (table["folds"] > 1).any():
        console.print(f"Folds are put together: a row of {_folds(table)} folds tested every patient once")
    console.print(shown)
    averaged = over_seeds(table)
    if (averaged["seeds"] > 1).any():
        title, names = shortened(averaged["setting"].tolist())
        seeds = _table(title, "n", worst="worst")
        for name, row in zip(names, averaged.to_dict("records"), strict=True):
            means = [
                (mean_sd(row[structure], row[f"{structure}_sd"], 3), number(row[f"{structure}_worst"], 3))
                for structure in OUTLINED
            ]
            cells = [cell for pair in means for cell in pair]
            seeds.add_row(Text(name), str(row["seeds"]), number(row["val"], 3), *cells)
        console.print("Mean ± SD over n seeds; of the worst group, the mean")
        console.print(seeds)


def shortened(names: Sequence[str]) -> tuple[str, list[str]]:
    """Say once what all names say, as `model, seed` of `model=unet, seed=1` and `model=vnet, seed=1`.

    Args:
        names: As `kseg.runs.jobs_table.telling_names` makes them.

    Returns:
        A title, and the names without it; `run` and the whole names where they do not have the same keys.
    """
    parts = [[tuple(one.partition("=")[::2]) for one in name.split(", ")] for name in names]
    keys = {tuple(key for key, _ in part) for part in parts}
    if len(keys) != 1 or not all(value for part in parts for _, value in part):
        return "run", list(names)
    return ", ".join(key.rpartition(".")[2] for key in keys.pop()), [
        ", ".join(value for _, value in part) for part in parts
    ]


def _row(run: FinishedRun) -> dict[str, object]:
    dice = run.scores[run.scores["metric"] == "dice"]
    row: dict[str, object] = {"run": run.name, "setting": run.setting, "seed": run.seed, "val": run.chosen}
    for name in OUTLINED:
        own = dice[dice["structure"] == name]
        by_group = own[own["group"].fillna("") != ""].groupby("group", sort=False)["value"].mean().dropna()
        row[name] = own["value"].mean()
        row[f"{name}_worst"] = by_group.min()
        row[f"{name}_worst_group"] = "" if by_group.empty else by_group.idxmin()
    return row | {"folds": run.folds, "n": run.scores["case_id"].nunique()}


def _folds(table: pd.DataFrame) -> str:
    return " or ".join(str(count) for count in sorted(table.loc[table["folds"] > 1, "folds"].unique()))


def _worst(row: Mapping[Any, Any], name: str) -> str:
    return f"{number(row[f'{name}_worst'], 3)} {row[f'{name}_worst_group']}".rstrip()


def _table(name: str, *columns: str, worst: str = "worst group") -> Table:
    table = Table(name, box=box.SIMPLE)
    for column in (*columns, "val", *[title for structure in OUTLINED for title in (structure, worst)]):
        table.add_column(column, justify="right", no_wrap=True)
    return table
