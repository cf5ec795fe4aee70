"""What stands in the cells of a table, before anyone knows what its columns mean?"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Cell: TypeAlias = str | float | date
"""What a program stored: text, "" where there is nothing; a spreadsheet also stores numbers and dates."""

Names: TypeAlias = Callable[[Sequence[Cell]], Collection[str]]
"""A row to those of our columns that it names."""

IDS = frozenset({"patient_id", "case_id"})
TOP_ROWS = 20
"""A hospital's title lines are fewer."""

INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
TEXT_FORMULA = re.compile(r'="(.*)"')


@dataclass(frozen=True)
class Sheet:
    """The cells of one table, from its first row on.

    Args:
        rows: As long as they are in the file.
        header: The position in `rows` of the names of the columns.
        reading: How the file had to be read, where it is not the plain way, such as "read as GBK".
        remarks: One line each, of what else was found, without the file's name.
        comma_is_usual: Whether such a file comes from where numbers have decimal commas.
    """

    rows: list[list[Cell]]
    header: int
    reading: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    comma_is_usual: bool = False


def tidied(text: str) -> str:
    """Take away what surrounds a cell's text and is not seen: blanks, marks without width, and `="..."`."""
    bare = INVISIBLE.sub("", text).strip()
    formula = TEXT_FORMULA.fullmatch(bare)
    return formula[1].strip() if formula else bare


def text_of(cell: Cell) -> str:
    """Write a cell as text; a whole number has no decimals.

    >>> text_of(7.0), text_of(38.5), text_of("007")
    ('7', '38.5', '007')
    """
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def names_patients(row: Sequence[Cell], named: Names) -> bool:
    """Tell whether a row names the columns of a table of patients: an id and one more."""
    names = set(named(row))
    return bool(names & IDS) and len(names) > 1


def find_header(rows: Sequence[Sequence[Cell]], named: Names) -> int:
    """Find the row that names the columns.

    Args:
        rows: Of the file, from its first on; at least one holds something.
        named: Which of our columns a row names.

    Returns:
        The position of the first of the top rows that names an id and one more column; else of the row that names most;
        else of the first that holds anything.
    """
    top = range(min(TOP_ROWS, len(rows)))
    for position in top:
        if names_patients(rows[position], named):
            return position
    best = max(top, key=lambda position: len(named(rows[position])))
    return best if named(rows[best]) else next(position for position, row in enumerate(rows) if any(map(text_of, row)))
