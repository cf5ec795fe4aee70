"""What an evaluation found: the tables that the report is made of, and the rows of groups.csv that it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kseg.labels import ALL, BOTH_SIDES


@dataclass(frozen=True)
class Findings:
    """What an evaluation found, and where it lies.

    Args:
        metrics: As in metrics.csv, a row a case, structure and metric; of each kidney too where they were scored.
        patients: The same with a row a patient, several CTs averaged: what is tested and drawn.
        volumes: As in volumes.csv, a row a case and structure; none where no volumes were measured.
        patient_volumes: The same with a row a patient, and with `egfr`, mL/min/1.73 m^2, NaN where it is not known.
        fractions: Of `patient_volumes`, the rows of the cortex, with its share of the parenchyma where volumes stood.
        missed: A row a case, side and structure that is outlined and not predicted at all, with `reference_ml`.
        groups_table: As in groups.csv.
        tests_table: As in tests.csv.
        cases: The cohort's rows, for the pictures and the methods; none where a table came without a cohort.
        predictions: The folder that holds `<case_id>.nii.gz`.
        groups: In order; the first is the control.
        confidence: Of the intervals, as 0.95.
        alpha: Level of the tests.
    """

    metrics: pd.DataFrame
    patients: pd.DataFrame
    volumes: pd.DataFrame
    patient_volumes: pd.DataFrame
    fractions: pd.DataFrame
    missed: pd.DataFrame
    groups_table: pd.DataFrame
    tests_table: pd.DataFrame
    cases: pd.DataFrame
    predictions: Path
    groups: Sequence[str]
    confidence: float
    alpha: float


def of_both_kidneys(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows of single kidneys, where a table has such."""
    return table[table["side"] == BOTH_SIDES] if "side" in table else table


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
