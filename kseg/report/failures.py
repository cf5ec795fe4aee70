"""What went wrong, case by case: structures that were missed, cases that could not be scored, the lowest Dice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kseg.report.findings import of_both_kidneys
from kseg.report.numbers import number
from kseg.report.printed import Line, Printed

LOWEST = 5
"""How many of the lowest Dice are listed and bold, of each structure's ranking."""

SIDES = {"both": "both kidneys", "left": "left kidney", "right": "right kidney"}


@dataclass(frozen=True)
class Failures:
    """What a reader should look at first.

    Args:
        missed: Outlined and not predicted; None where there is none.
        volumes_known: Whether volumes were measured, without which nobody knows what was missed.
        unscored: Without a Dice though outlines of others have one; None where there is none.
        lowest: The cases with the lowest Dice; None where there is no Dice.
    """

    missed: Printed | None
    volumes_known: bool
    unscored: Printed | None
    lowest: Printed | None


def failures(metrics: pd.DataFrame, volumes: pd.DataFrame, missed: pd.DataFrame, structures: Sequence[str]) -> Failures:
    """List what went wrong.

    Args:
        metrics: As in metrics.csv, a row a case.
        volumes: As in volumes.csv, a row a case; of single kidneys too where they were measured.
        missed: Of these, what is outlined and not predicted at all; see `Findings`.
        structures: Those that some outlines show.

    Returns:
        The lists.
    """
    whole = of_both_kidneys(metrics)
    dice = whole[(whole["metric"] == "dice") & whole["structure"].isin(list(structures))]
    return Failures(_missed(missed), bool(len(volumes)), _unscored(dice), _lowest(dice, of_both_kidneys(volumes)))


def _missed(rows: pd.DataFrame) -> Printed | None:
    if rows.empty:
        return None
    return Printed(
        "missed",
        "Outlined, and not predicted at all",
        ["case", "group", "structure", "where", "outlined, ml"],
        "llllr",
        [
            Line(
                [
                    *(str(row["case_id"]), str(row["group"]), str(row["structure"])),
                    *(SIDES.get(str(row["side"]), str(row["side"])), number(row["reference_ml"], 1)),
                ]
            )
            for row in rows.to_dict("records")
        ],
        dense=True,
    )


def _unscored(dice: pd.DataFrame) -> Printed | None:
    without = dice[dice["value"].isna()]
    if without.empty:
        return None
    structures_of: dict[tuple[str, str], list[str]] = {}
    for row in without.to_dict("records"):
        structures_of.setdefault((str(row["case_id"]), str(row["group"])), []).append(str(row["structure"]))
    return Printed(
        "unscored",
        "Without a Dice, and in no mean",
        ["case", "group", "structures"],
        "llw",
        [Line([case, group, ", ".join(structures)]) for (case, group), structures in structures_of.items()],
        dense=True,
    )


def _lowest(dice: pd.DataFrame, volumes: pd.DataFrame) -> Printed | None:
    known = dice.dropna(subset="value").sort_values("value", kind="stable")
    structures = list(dict.fromkeys(dice["structure"]))
    lowest = {name: list(known[known["structure"] == name]["case_id"].head(LOWEST)) for name in structures}
    chosen = dict.fromkeys(case for cases in lowest.values() for case in cases)
    if not chosen:
        return None
    scores = {(row["case_id"], row["structure"]): row["value"] for row in known.to_dict("records")}
    groups = dict(zip(dice["case_id"], dice["group"], strict=True))
    errors = {
        (row["case_id"], row["structure"]): row["predicted_ml"] - row["reference_ml"]
        for row in volumes.to_dict("records")
    }
    missing = float("nan")
    cases = sorted(chosen, key=lambda case: scores.get((case, structures[0]), math.inf))
    return Printed(
        "lowest",
        f"Cases with one of the {LOWEST} lowest Dice of a structure, these bold; the lowest {structures[0]} first",
        ["case", "group", *(f"{name}{what}" for name in structures for what in ("", ", error in ml"))],
        "ll" + "rr" * len(structures),
        [
            Line(
                [
                    *(str(case), str(groups[case])),
                    *(
                        text
                        for name in structures
                        for text in (
                            number(scores.get((case, name), missing), 3),
                            number(errors.get((case, name), missing), 1) if errors else "",
                        )
                    ),
                ],
                bold=frozenset(2 + 2 * place for place, name in enumerate(structures) if case in lowest[name]),
            )
            for case in cases
        ],
        dense=True,
    )
