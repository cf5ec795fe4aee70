"""Which patients and cases does a clinic's table name?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from kseg.cases.table.telling import Column, quoted
from kseg.clinical.saying import counted
from kseg.clinical.table.numbers import DATE_FOUND, ERROR_FOUND, FORMULA_FOUND
from kseg.clinical.table.sheet import Cell, text_of

EXACT_BELOW = 1e15
"""Excel keeps 15 digits of a number; a Chinese identity number has 18."""

ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
DIGITS_LOST = "Excel keeps 15 digits of a number; format the column as text and type the id again"


def read_ids(cells: Sequence[Cell]) -> Column[str]:
    """Read a column of ids; full-width characters become the plain ones, so that one patient is not two.

    Args:
        cells: Of the column.

    Returns:
        The ids as they are, "" where there is none.
    """
    ids = [unicodedata.normalize("NFKC", text_of(cell)).strip() for cell in cells]
    changed = [(cell, plain) for cell, plain in zip(cells, ids, strict=True) if text_of(cell) != plain]
    remarks = [
        f"has full-width characters in {counted(len(changed), 'row', 'rows')}; {text_of(cell)!r} is read as {plain!r}"
        for cell, plain in changed[:1]
    ]
    odd = {position: quoted(cell, need) for position, cell in enumerate(cells) if (need := _spoilt(cell))}
    return Column(ids, odd, remarks=tuple(remarks))


def _spoilt(cell: Cell) -> str:
    """What is wrong with an id that a spreadsheet has spoilt; "" where none has."""
    if isinstance(cell, date):
        return DATE_FOUND.replace("value", "id")
    if (isinstance(cell, float) and abs(cell) >= EXACT_BELOW) or ROUNDED.fullmatch(text_of(cell)):
        return DIGITS_LOST
    text = text_of(cell)
    if text.startswith("="):
        return FORMULA_FOUND
    return ERROR_FOUND.replace("value", "id") if text.startswith("#") else ""
