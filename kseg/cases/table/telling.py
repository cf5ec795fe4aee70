"""How is a user told which cells of a table cannot be read?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from kseg.clinical.saying import few_of
from kseg.clinical.table.sheet import Cell, text_of

Value = TypeVar("Value", str, float)
LONGEST = 40
"""Letters of a cell that are quoted."""


@dataclass(frozen=True)
class Odd:
    """Something in a row that cannot be read.

    Args:
        row: What the user calls the row.
        said: The column, the cell, and what is needed.
    """

    row: int
    said: str


@dataclass(frozen=True)
class Column(Generic[Value]):
    """What the cells of one column say.

    Args:
        values: One a row; "" or NaN where a cell says nothing, or nothing that can be understood.
        odd: Positions of the cells that cannot be understood, to what is said of them after the column's name.
        problems: Of many cells at once, what is said after the column's name.
        told: Positions of those cells.
        remarks: What is said after the column's name.
    """

    values: list[Value]
    odd: dict[int, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    told: frozenset[int] = frozenset()
    remarks: tuple[str, ...] = ()


def quoted(cell: Cell, need: str) -> str:
    """Quote a cell and say what is needed in its place."""
    text = text_of(cell)
    return f"{text if len(text) <= LONGEST else text[:LONGEST] + '...'!r}; {need}"


def odd_lines(name: str, odd: Iterable[Odd], cases: Mapping[int, str]) -> list[str]:
    """Tell what cannot be read, one line for all rows of which the same is to be said.

    Args:
        name: The file's.
        odd: In any order.
        cases: Rows to the ids of their cases.

    Returns:
        In the order of the first row of each.

    >>> odd_lines("a.csv", [Odd(2, "age 'old'; a number is needed")], {2: "P1"})
    ["a.csv row 2 (P1): age 'old'; a number is needed"]
    """
    rows: dict[str, list[int]] = {}
    for one in sorted(odd, key=lambda one: one.row):
        rows.setdefault(one.said, []).append(one.row)
    return [f"{name} {_places(places, cases)}: {said}" for said, places in rows.items()]


def _places(rows: list[int], cases: Mapping[int, str]) -> str:
    named = [cases[row] for row in rows if cases.get(row)]
    return f"row{'s' * (len(rows) > 1)} {few_of([*map(str, rows)])}" + (f" ({few_of(named)})" if named else "")
