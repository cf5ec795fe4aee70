"""What a table looks like before it is HTML or LaTeX: its words and figures as a reader sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Line:
    """One row of a table.

    Args:
        cells: As many as the table has columns.
        kind: `all` for the row of all patients, `study` for a publication's, "" for any other.
        bold: The places of cells that are printed bold.
    """

    cells: Sequence[str]
    kind: str = ""
    bold: frozenset[int] = frozenset()

    def of(self, kept: Sequence[int]) -> Line:
        """The same with these of its cells alone."""
        bold = frozenset(place for place, before in enumerate(kept) if before in self.bold)
        return replace(self, cells=[self.cells[place] for place in kept], bold=bold)


@dataclass(frozen=True)
class Printed:
    """A table that is ready to be read.

    Args:
        name: A word by which it is found, without spaces.
        caption: What it shows, in a sentence without a full stop.
        head: The columns' titles.
        align: A letter a column: `l` left, `r` right as numbers stand, `w` words that may take several lines.
        lines: The rows.
        dense: Whether it is printed smaller.
    """

    name: str
    caption: str
    head: Sequence[str]
    align: str
    lines: Sequence[Line]
    dense: bool = field(default=False, kw_only=True)

    def without_empty_columns(self) -> Printed:
        """The same without the columns in which no row says anything, not even a dash."""
        kept = [place for place in range(len(self.head)) if any(line.cells[place] for line in self.lines)]
        return replace(
            self,
            head=[self.head[place] for place in kept],
            align="".join(self.align[place] for place in kept),
            lines=[line.of(kept) for line in self.lines],
        )

    def __post_init__(self) -> None:
        """Refuse rows that do not fit.

        Raises:
            ValueError: A row has more or fewer cells than the table has columns.
        """
        if any(len(cells) != len(self.align) for cells in (self.head, *(line.cells for line in self.lines))):
            raise ValueError(f"the table {self.name} has {len(self.align)} columns, and a row that does not fit")
