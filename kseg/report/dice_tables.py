"""How the Dice of the groups, and the tests between them, are laid out in tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kseg.labels import ALL
from kseg.report.answer import test_name, verdict
from kseg.report.findings import DiceRow
from kseg.report.numbers import degrees_of_freedom, interval, mean_sd, number, p_value, percent
from kseg.report.printed import Line, Printed
from kseg.report.source import NOT_TOLD, Source
from kseg.report.study import Study
from kseg.report.verdicts import Anova, Equivalence, in_words


def dice_table(rows: Sequence[DiceRow], study: Study, source: Source = NOT_TOLD) -> Printed:
    """Lay out the Dice of every group, of all patients, and of the published study.

    Args:
        rows: The Dice of every group and of all.
        study: The publication beside which the run is read.
        source: Where the CTs came from.

    Returns:
        The table.
    """
    structures = [cell.structure for cell in rows[0].cells]
    found = [
        Line(
            [row.group, str(row.patients), *(_dice(row, place) for place in range(len(structures)))],
            kind=ALL if row.group == ALL else "",
        )
        for row in rows
    ]
    reported = [number(study.dice[name], 3) if name in study.dice else "not reported" for name in structures]
    return Printed(
        "dice",
        "Dice" + (" by group" if len(rows) > 1 else "") + f", mean ± SD over {source.test_patients}",
        ["group", "patients", *structures],
        "lr" + "r" * len(structures),
        [*found, Line([f"{study.name}, all", str(study.patients), *reported], kind="study")],
    )


def _dice(row: DiceRow, place: int) -> str:
    cell = row.cells[place]
    other = cell.n_where_other(row.patients)
    return mean_sd(cell.mean, cell.sd, 3) + (f" ({other})" if other else "")


def anova_table(anovas: Sequence[Anova], *, effect_confidence: float | None = None) -> Printed:
    """Lay out analyses of variance.

    Args:
        anovas: A test a structure.
        effect_confidence: Of the interval of omega squared, which is shown instead of the verdict; None shows the
            verdict.

    Returns:
        The table.
    """
    head = ["structure", "n", "F", "df₁", "df₂", "p", "p (Holm)"]
    lines = [
        [
            *(anova.structure, str(anova.n), number(anova.f, 2)),
            *(degrees_of_freedom(anova.df1), degrees_of_freedom(anova.df2)),
            *(p_value(anova.p, anova.alpha), p_value(anova.p_holm, anova.alpha)),
        ]
        for anova in anovas
    ]
    if effect_confidence is None:
        more = [[verdict(anova)] for anova in anovas]
        head, align, caption = (
            [*head, "in words"],
            "lrrrrrrw",
            f"{test_name(anovas)} analysis of variance of Dice between the groups",
        )
    else:
        more = [[number(a.omega_squared, 2), interval(a.ci_low, a.ci_high, 2), a.note] for a in anovas]
        head, align = [*head, "ω²", f"{percent(effect_confidence)} interval", "remark"], "lrrrrrrrrw"
        caption = "One-way analysis of variance of Dice between the groups, for comparison"
    rows = [Line([*left, *right]) for left, right in zip(lines, more, strict=True)]
    return Printed("anova" if effect_confidence else "verdict", caption, head, align, rows)


def equivalence_table(equivalences: Sequence[Equivalence], alpha: float) -> Printed:
    """Lay out the tests of equivalence with the control.

    Args:
        equivalences: A test a structure and group.
        alpha: Level of the tests.

    Returns:
        The table.
    """
    return Printed(
        "equivalence",
        "Equivalence of Dice with the control, two one-sided tests",
        ["structure", "group", "difference", f"{percent(1 - 2 * alpha)} interval", "margin", "p (Holm)", "in words"],
        "llrrrrw",
        [
            Line(
                [
                    *(row.structure, row.contrast, number(row.difference, 3), interval(row.ci_low, row.ci_high, 3)),
                    *(number(row.margin, 3), p_value(row.p_holm, alpha)),
                    _said_of(row),
                ]
            )
            for row in equivalences
        ],
    )


def _said_of(row: Equivalence) -> str:
    said = in_words(row.verdict, row.difference)
    return f"{said} ({row.note})" if said and row.note else said or row.note


def numbers_table(groups_table: pd.DataFrame, confidence: float) -> Printed:
    """Lay out the Dice of every group in all its figures.

    Args:
        groups_table: As in groups.csv, the rows to be shown.
        confidence: Of the intervals.

    Returns:
        The table.
    """
    return Printed(
        "numbers",
        "Dice of every group in numbers",
        [
            *("structure", "group", "n", "missing", "mean", f"{percent(confidence)} interval of the mean"),
            *("SD", "median", "quartiles", "worst"),
        ],
        "llrrrrrrrr",
        [
            Line(
                [
                    *(str(row["structure"]), str(row["group"]), str(int(row["n"])), str(int(row["n_missing"]))),
                    *(number(row["mean"], 3), interval(row["ci_low"], row["ci_high"], 3), number(row["sd"], 3)),
                    *(number(row["median"], 3), interval(row["q1"], row["q3"], 3), number(row["worst"], 3)),
                ],
                kind=ALL if row["group"] == ALL else "",
            )
            for row in groups_table.to_dict("records")
        ],
        dense=True,
    )
