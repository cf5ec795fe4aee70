"""Where does a cell of a text file end?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from kseg.clinical.table.encoding import decoded
from kseg.clinical.table.sheet import TOP_ROWS, Cell, Names, Sheet, find_header, tidied
from kseg.errors import InputError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}


def read_text(path: Path, data: bytes, named: Names) -> Sheet:
    """Read a table from a file of text, whatever parts its cells and in whatever alphabet.

    Args:
        path: For messages.
        data: What the file holds.
        named: Which of our columns a row names.

    Raises:
        InputError: It is no text, or empty, or a quoted cell does not end.
    """
    found = decoded(data)
    if found is None:
        raise InputError(
            f"{path}: not text in UTF-8, UTF-16, GBK or Windows-1252; save the table as .xlsx, or as CSV in UTF-8"
        )
    text, encoding = found
    if not any(map(tidied, text)):
        raise InputError(f"{path}: empty; a row of names is needed, and one row a patient")
    separator = max(SEPARATORS, key=lambda separator: _fit(text, separator, named))
    rows = _all_rows(path, text, separator)
    reading = [f"read as {encoding}"] if encoding else []
    reading += [f"separated by {SEPARATORS[separator]}"] if separator != "," else []
    return Sheet(rows, find_header(rows, named), tuple(reading), comma_is_usual=separator == ";")


def _fit(text: str, separator: str, named: Names) -> tuple[int, int]:
    """How many columns a separator makes known, and how many it makes, at the top of the file."""
    try:
        top = list(islice(_rows(text, separator, strict=False), TOP_ROWS))
    except csv.Error:
        return 0, 0
    if not any(any(row) for row in top):
        return 0, 0
    header = top[find_header(top, named)]
    return len(named(header)), len(header)


def _rows(text: str, separator: str, *, strict: bool) -> Iterator[list[Cell]]:
    lines = io.StringIO(text, newline="")
    for row in csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict):
        yield [tidied(cell) for cell in row]


def _all_rows(path: Path, text: str, separator: str) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    try:
        rows.extend(_rows(text, separator, strict=True))
    except csv.Error as error:
        raise InputError(
            f"{path} row {len(rows) + 1}: a quoted cell does not end where it should; correct its quotation marks"
        ) from error
    return rows
