"""What does a user see in the terminal when a cohort was checked?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.cases.overview.overview import Overview
from kseg.cases.overview.summary import ALL
from kseg.cases.overview.summary_text import SummaryTable

MOST_REMARKS = 20
"""More are counted; the page holds all."""


def print_overview(overview: Overview, files: Sequence[Path], console: Console | None = None) -> None:
    """Print the cohort's summary, the remarks, and where to look further; problems are told elsewhere.

    Args:
        overview: What was found.
        files: What was written, the page first.
        console: Where to; by default the terminal.
    """
    console = console or Console()
    for table in overview.tables:
        console.print(Text(f"\n{table.title}", style="bold"))
        console.print(_table(table))
        if table.note:
            console.print(Text(table.note, style="dim"))
    if overview.remarks:
        console.print(Text("\nRemarks", style="bold"))
    for remark in overview.remarks[:MOST_REMARKS]:
        console.print(Text(remark), soft_wrap=True)
    if len(overview.remarks) > MOST_REMARKS:
        console.print(Text(f"and {len(overview.remarks) - MOST_REMARKS} more, all on the page"))
    console.print(Text("\nEvery case in a picture, and in a row of numbers:"))
    for file in files:
        console.print(Text(f"  {file}"), soft_wrap=True)
    console.print(Text(f"\n{overview.counts}.", style="bold"))


def _table(shown: SummaryTable) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="", show_header=shown.numbers)
    for place, column in enumerate(shown.columns):
        table.add_column(Text(column), justify="right" if shown.numbers and place else "left")
    for row in shown.rows:
        table.add_row(*map(Text, row), style="bold" if row[0] == ALL and len(shown.rows) > 1 else "")
    return table
