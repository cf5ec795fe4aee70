"""Do the groups differ, and are they equivalent: the rows of tests.csv on which the verdict rests."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kseg.report.findings import DiceRow
from kseg.report.numbers import ALPHA

WELCH = "welch_anova"
NOT_EQUIVALENT = "not equivalent"
POWER_OF = {WELCH: "groups (Welch)", "anova": "groups"}
"""Of each test, the contrast of the row that says what it could have seen."""


@dataclass(frozen=True)
class Anova:
    """One structure's analysis of variance; NaN where it could not be computed.

    Args:
        structure: Its name.
        test: `anova` or `welch_anova`.
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
        alpha: Level of the test.
    """

    structure: str
    test: str
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
    alpha: float = ALPHA

    @property
    def computed(self) -> bool:
        """Whether there is a p."""
        return not math.isnan(self.p)

    @property
    def different(self) -> bool:
        """Whether the groups differ after Holm's correction; never read the opposite as "no difference"."""
        return self.verdict.startswith("different") if self.verdict else self.p_holm < self.alpha

    @property
    def equivalent(self) -> bool:
        """Whether every group lies within the margin of the control."""
        return self.verdict in ("equivalent", "different but within the margin")

    @property
    def not_equivalent(self) -> bool:
        """Whether some group lies beyond the margin from the control, though the groups do not differ by this test."""
        return self.verdict == NOT_EQUIVALENT

    @property
    def is_welch(self) -> bool:
        """Whether each group has a variance of its own; what was computed of such a row has a verdict."""
        return self.test == WELCH


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


def in_words(verdict: str, difference: float) -> str:
    """Say a verdict, and of a group that is not equivalent to the control on which side it lies.

    Args:
        verdict: As in tests.csv.
        difference: Of the group's mean and the control's.
    """
    if verdict != NOT_EQUIVALENT or math.isnan(difference):
        return verdict
    return f"{verdict}: {'lower' if difference < 0 else 'higher'} by more than the margin"


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


def verdict_rows(tests_table: pd.DataFrame, rows: Sequence[DiceRow], alpha: float = ALPHA) -> list[Anova]:
    """Read what the verdict rests on: Welch's analyses of variance of Dice, or the one-way ones if only those were run.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group; what is not there is not compared.
        alpha: Level of the tests.

    Returns:
        A row a structure, in the table's order; none where nobody has a group.
    """
    welch = anova_rows(tests_table, rows, test=WELCH, alpha=alpha)
    return welch or anova_rows(tests_table, rows, alpha=alpha)


def anova_rows(
    tests_table: pd.DataFrame, rows: Sequence[DiceRow], *, test: str = "anova", alpha: float = ALPHA
) -> list[Anova]:
    """Read the analyses of variance of Dice.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group; what is not there is not compared.
        test: `anova` or `welch_anova`.
        alpha: Level of the test.

    Returns:
        A row a structure, in the table's order; none where nobody has a group.
    """
    margins = {row.structure: row.margin for row in equivalence_rows(tests_table, rows)}
    return [
        Anova(
            structure=str(row["structure"]),
            test=test,
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
            alpha=alpha,
        )
        for row in _of_dice(tests_table, test, rows)
    ]


@dataclass(frozen=True)
class Power:
    """What the design could have seen: the smallest Cohen's f of all structures' that would be found, and how often."""

    f: float
    note: str


def power_of(tests_table: pd.DataFrame, rows: Sequence[DiceRow], verdicts: Sequence[Anova]) -> Power | None:
    """Read what the test on which the verdict rests could have seen in Dice.

    Args:
        tests_table: As in tests.csv.
        rows: The Dice of every group.
        verdicts: From `verdict_rows`.

    Returns:
        That of the structure in which least could be seen; None where it was not computed.
    """
    contrasts = {POWER_OF[anova.test] for anova in verdicts}
    powers = [row for row in _of_dice(tests_table, "power", rows) if row["contrast"] in contrasts]
    known = [row for row in powers if not math.isnan(row["effect"])]
    if not known:
        return None
    least = max(known, key=lambda row: float(row["effect"]))
    return Power(float(least["effect"]), str(least["note"]).partition(";")[0])


def _of_dice(tests_table: pd.DataFrame, test: str, rows: Sequence[DiceRow]) -> list[dict[Hashable, Any]]:
    compared = [cell.structure for cell in rows[0].cells] if len(rows) > 1 else []
    table = tests_table[(tests_table["metric"] == "dice") & (tests_table["test"] == test)]
    return table[table["structure"].isin(compared)].to_dict("records")
