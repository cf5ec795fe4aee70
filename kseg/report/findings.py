"""What the tables say: the rows of groups.csv and tests.csv that the report shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kseg.report.numbers import ALPHA

ALL = "all"
"""How groups.csv calls the row of all patients."""


@dataclass(frozen=True)
class GroupDice:
    """One structure's Dice in one group; NaN where there is none."""

    structure: str
    n: int
    n_missing: int
    mean: float
    sd: float

    def n_where_other(self, patients: int) -> str:
        """Write n where it is not that of the row, as in `n = 5`; else nothing."""
        return "" if self.n == patients else f"n = {self.n}"


@dataclass(frozen=True)
class DiceRow:
    """One group of the table of Dice by group."""

    group: str
    cells: tuple[GroupDice, ...]

    @property
    def patients(self) -> int:
        """How many patients have a Dice in at least the most complete structure."""
        return max(cell.n for cell in self.cells)

    @property
    def missing(self) -> dict[str, int]:
        """How many patients lack a Dice, by structure; only those that lack some."""
        return {cell.structure: cell.n_missing for cell in self.cells if cell.n_missing}


@dataclass(frozen=True)
class Anova:
    """One structure's one-way analysis of variance; NaN where it could not be computed."""

    structure: str
    n: int
    f: float
    df1: float
    df2: float
    p: float
    p_holm: float
    omega_squared: float
    note: str

    @property
    def computed(self) -> bool:
        """Whether there is a p."""
        return not math.isnan(self.p)

    @property
    def different(self) -> bool:
        """Whether the groups differ after Holm's correction; never read the opposite as "no difference"."""
        return self.p_holm < ALPHA


def dice_rows(groups_table: pd.DataFrame, groups: Sequence[str]) -> list[DiceRow]:
    """Read the Dice of every group.

    Args:
        groups_table: As in groups.csv.
        groups: In the order of the rows.

    Returns:
        A row a group, then one of all patients; that one alone where nobody has a group. A structure that nobody's
        outlines show is left out, see `unscored`. Empty when the table holds no Dice.
    """
    table = groups_table[groups_table["metric"] == "dice"]
    structures = [structure for structure in dict.fromkeys(table["structure"]) if structure not in unscored(table)]
    if not structures:
        return []
    grouped = set(table[table["n"] + table["n_missing"] > 0]["group"]) & set(groups)
    cells = {
        (row["structure"], row["group"]): GroupDice(
            row["structure"], int(row["n"]), int(row["n_missing"]), float(row["mean"]), float(row["sd"])
        )
        for row in table.to_dict("records")
    }
    return [
        DiceRow(group, tuple(cells.get((s, group), GroupDice(s, 0, 0, math.nan, math.nan)) for s in structures))
        for group in (*(groups if grouped else ()), ALL)
    ]


def unscored(groups_table: pd.DataFrame) -> list[str]:
    """Name the structures in which nobody has a Dice though others have one: nobody's outlines show them.

    Args:
        groups_table: As in groups.csv.

    Returns:
        The structures, in the table's order.
    """
    everyone = groups_table[(groups_table["metric"] == "dice") & (groups_table["group"] == ALL)]
    if not everyone["n"].any():
        return []
    return [str(structure) for structure in everyone[everyone["n"] == 0]["structure"]]


def anova_rows(tests_table: pd.DataFrame, rows: Sequence[DiceRow]) -> list[Anova]:
    """Read the analyses of variance of Dice.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group; what is not there is not compared.

    Returns:
        A row a structure, in the table's order; none where nobody has a group.
    """
    compared = [cell.structure for cell in rows[0].cells] if len(rows) > 1 else []
    table = tests_table[(tests_table["metric"] == "dice") & (tests_table["test"] == "anova")]
    table = table[table["structure"].isin(compared)]
    return [
        Anova(
            structure=str(row["structure"]),
            n=int(row["n"]),
            f=float(row["statistic"]),
            df1=float(row["df1"]),
            df2=float(row["df2"]),
            p=float(row["p"]),
            p_holm=float(row["p_holm"]),
            omega_squared=float(row["effect"]),
            note=str(row["note"]),
        )
        for row in table.to_dict("records")
    ]
