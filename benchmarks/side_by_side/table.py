"""How is a table shown in a terminal, and in a README?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

FAILED = "failed"
WIDEST = 10_000
"""Characters: no table is measured as squeezed."""


def spread(values: Sequence[float], decimals: int) -> str:
    """The median, and between which values it lies.

    Args:
        values: Of all rounds; where there are none, a dash is shown.
        decimals: That are shown.
    """
    if not values:
        return "-"
    low, middle, high = (f"{value:.{decimals}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} ({low} .. {high})" if len(values) > 1 else middle


def show(table: Sequence[Sequence[str]], console: Console) -> None:
    """Show a table, where the terminal is wide enough, and the same to be copied into a README.

    Args:
        table: The heading, then the rows, of which one may be short.
        console: Where.
    """
    drawn = _drawn(table)
    if console.measure(drawn, options=console.options.update(width=WIDEST)).maximum <= console.width:
        console.print(drawn)
    console.print(_markdown(table), soft_wrap=True)


def _drawn(table: Sequence[Sequence[str]]) -> Table:
    drawn = Table()
    for name in table[0]:
        drawn.add_column(name, justify="left" if name == table[0][0] else "right")
    for row in table[1:]:
        drawn.add_row(*row)
    return drawn


def _markdown(table: Sequence[Sequence[str]]) -> str:
    columns = len(table[0])
    lines = [table[0], ["---"] * columns, *([*row, *[""] * (columns - len(row))] for row in table[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
