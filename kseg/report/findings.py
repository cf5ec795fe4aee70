"""What the tables say: the rows of groups.csv and tests.csv that the report shows."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kseg.labels import ALL
from kseg.report.numbers import ALPHA


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
    """One structure's analysis of variance; NaN where it could not be computed.

    Args:
        structure: Its name.
        n: Patients that entered.
        f: The statistic.
        df1: Its degrees of freedom, the numerator's.
        df2: The denominator's.
        p: Before correction.
        p_holm: After Holm's, over the structures.
        omega_squared: Share of the variance that the groups explain, of the one-way analysis.
        ci_low: Of it, the lower end of its interval.
        ci_high: The upper end.
        verdict: What the table of tests says, of Welch's analysis; "" of the others.
        margin: Within which a group counts as equivalent to the control; NaN where none was set.
        note: What a reader must know.
    """

    structure: str
    n: int
    f: float
    df1: float
    df2: float
    p: float
    p_holm: float
    omega_squared: float
    ci_low: float
    ci_high: float
    verdict: str
    margin: float
    note: str

    @property
    def computed(self) -> bool:
        """Whether there is a p."""
        return not math.isnan(self.p)

    @property
    def different(self) -> bool:
        """Whether the groups differ after Holm's correction; never read the opposite as "no difference"."""
        return self.verdict.startswith("different") if self.verdict else self.p_holm < ALPHA

    @property
    def equivalent(self) -> bool:
        """Whether every group lies within the margin of the control."""
        return self.verdict.endswith(("equivalent", "within the margin"))

    @property
    def is_welch(self) -> bool:
        """Whether each group has a variance of its own; only such a row has a verdict."""
        return bool(self.verdict)


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


@dataclass(frozen=True)
class Equivalence:
    """One group against the control: the difference of their mean Dice, and whether that is within the margin."""

    structure: str
    contrast: str
    difference: float
    ci_low: float
    ci_high: float
    p_holm: float
    margin: float
    verdict: str
    note: str


def equivalence_rows(tests_table: pd.DataFrame, rows: Sequence[DiceRow]) -> list[Equivalence]:
    """Read the tests of equivalence of Dice.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group; what is not there is not compared.

    Returns:
        A row a structure and group, in the table's order.
    """
    return [
        Equivalence(
            structure=str(row["structure"]),
            contrast=str(row["contrast"]),
            difference=float(row["effect"]),
            ci_low=float(row["ci_low"]),
            ci_high=float(row["ci_high"]),
            p_holm=float(row["p_holm"]),
            margin=float(row["margin"]),
            verdict=str(row["verdict"]),
            note=str(row["note"]),
        )
        for row in _of_dice(tests_table, "tost", rows)
    ]


def verdict_rows(tests_table: pd.DataFrame, rows: Sequence[DiceRow]) -> list[Anova]:
    """Read what the verdict rests on: Welch's analyses of variance of Dice, or the one-way ones if only those were run.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group; what is not there is not compared.

    Returns:
        A row a structure, in the table's order; none where nobody has a group.
    """
    return anova_rows(tests_table, rows, test="welch_anova") or anova_rows(tests_table, rows)


def anova_rows(tests_table: pd.DataFrame, rows: Sequence[DiceRow], *, test: str = "anova") -> list[Anova]:
    """Read the analyses of variance of Dice.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group; what is not there is not compared.
        test: `anova` or `welch_anova`.

    Returns:
        A row a structure, in the table's order; none where nobody has a group.
    """
    margins = {row.structure: row.margin for row in equivalence_rows(tests_table, rows)}
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
            ci_low=float(row["ci_low"]),
            ci_high=float(row["ci_high"]),
            verdict=str(row["verdict"]),
            margin=margins.get(str(row["structure"]), math.nan),
            note=str(row["note"]),
        )
        for row in _of_dice(tests_table, test, rows)
    ]


def _of_dice(tests_table: pd.DataFrame, test: str, rows: Sequence[DiceRow]) -> list[dict[Hashable, Any]]:
    compared = [cell.structure for cell in rows[0].cells] if len(rows) > 1 else []
    table = tests_table[(tests_table["metric"] == "dice") & (tests_table["test"] == test)]
    return table[table["structure"].isin(compared)].to_dict("records")
