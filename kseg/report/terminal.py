"""What does a user see in the terminal when an evaluation ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kseg.labels import ALL
from kseg.report.answer import power_remark, remarks, test_name, verdict, worst_groups
from kseg.report.findings import DiceRow, GroupDice, dice_rows, unscored
from kseg.report.numbers import ALPHA, degrees_of_freedom, mean_sd, number, p_equals
from kseg.report.source import NOT_TOLD, Source
from kseg.report.verdicts import Anova, power_of, verdict_rows

TITLE = "Dice by group: predictions against outlines, mean ± SD over"
TITLE_WITHOUT_GROUPS = "Dice: predictions against outlines, mean ± SD over"
SCALE = "1 is the same as the outline, 0 has nothing in common with it"


def print_summary(
    groups_table: pd.DataFrame,
    tests_table: pd.DataFrame,
    *,
    groups: Sequence[str],
    alpha: float = ALPHA,
    source: Source = NOT_TOLD,
    report: Path | None = None,
    console: Console | None = None,
) -> None:
    """Print the Dice of every group, the tests between them, and where the report lies.

    Args:
        groups_table: As in groups.csv.
        tests_table: As in tests.csv.
        groups: In the order of the rows.
        alpha: Level of the tests.
        source: Where the CTs came from; of synthetic ones a line warns.
        report: The page, if one was written.
        console: Where to; by default the terminal.
    """
    rows = dice_rows(groups_table, groups)
    anovas = verdict_rows(tests_table, rows, alpha)
    remark = power_remark(rows, power_of(tests_table, rows, anovas))
    console = console or Console()
    title = f"{TITLE if len(rows) > 1 else TITLE_WITHOUT_GROUPS} {source.test_patients}"
    if not rows:
        console.print("The tables hold no Dice.")
    else:
        console.print(
            Group(
                "",
                *([Text(f"{source.warning}\n")] if source.warning else []),
                *(Text(title), _dice_table(rows), Text(SCALE)),
                *(*_missing(rows), *map(Text, [*worst_groups(rows), *remarks(rows, unscored(groups_table))])),
                *_tests(anovas, remark),
            )
        )
    if report:
        console.print("\nThe report, with figures:")
        console.print(Text(f"  {report}"), soft_wrap=True)


def _dice_table(rows: Sequence[DiceRow]) -> Table:
    table = Table()
    table.add_column("group")
    table.add_column("patients", justify="right")
    for cell in rows[0].cells:
        table.add_column(Text(cell.structure), justify="right")
    for row in rows:
        if row.group == ALL:
            table.add_section()
        name = Text(row.group, style="bold" if row.group == ALL else "")
        table.add_row(name, str(row.patients), *[_cell(cell, row.patients) for cell in row.cells])
    return table


def _cell(cell: GroupDice, patients: int) -> str:
    other_n = cell.n_where_other(patients)
    return mean_sd(cell.mean, cell.sd, 3) + (f" ({other_n})" if other_n else "")


def _missing(rows: Sequence[DiceRow]) -> list[Text]:
    missing = rows[-1].missing
    if not missing:
        return []
    return [Text("Without a Dice: " + ", ".join(f"{count} in the {name}" for name, count in missing.items()))]


def _tests(anovas: Sequence[Anova], remark: str) -> list[Padding | Text]:
    if not anovas:
        return []
    lines = Table.grid(padding=(0, 2))
    for anova in anovas:
        lines.add_row(Text(anova.structure), *_numbers(anova), Text(verdict(anova)))
    heading = Text(f"Do the groups differ? {test_name(anovas)} ANOVA, p corrected by Holm")
    return [Text(), heading, Padding(lines, (0, 2)), *([Text(f"  Note: {remark}.")] if remark else [])]


def _numbers(anova: Anova) -> tuple[str, str]:
    if not anova.computed:
        return "", ""
    df1, df2 = degrees_of_freedom(anova.df1), degrees_of_freedom(anova.df2)
    return f"F({df1}, {df2}) = {number(anova.f, 2)}", p_equals(anova.p_holm, anova.alpha)
