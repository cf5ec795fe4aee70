"""How a table gets from memory to a CSV file and back, whole, and harmless in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.spreadsheet import defused, restored

TEXT_COLUMNS = frozenset(
    {
        *("case_id", "patient_id", "sex", "group", "split", "image", "parenchyma", "cortex"),
        *("side", "structure", "metric", "test", "contrast", "effect_name", "verdict", "note", "warnings", "problem"),
    }
)
"""Columns that are text even where every cell looks like a number, as the case 0012."""

MISSING = frozenset({"", "na", "nan", "n/a"})
"""What stands in a column of numbers where there is none, in any case."""


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV; the file appears whole or not at all.

    Args:
        path: Where to.
        table: Its columns are written in their order, its index is not. Text that a spreadsheet would run as a formula
            gets an apostrophe in front, numbers stay.
    """
    safe = table.assign(**{str(column): defused(table[column]) for column in table if _is_text(table[column])})
    write_atomically(path, safe.to_csv(index=False, lineterminator="\n").encode())


def read_table(path: Path, *, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that `write_table` or another program wrote as CSV.

    Args:
        path: A CSV file in UTF-8.
        required: Columns that must be there; those that are not text must hold numbers or nothing.

    Returns:
        Text columns as str with "" where nothing stands, the others as numbers with NaN. A column that is neither
        known as text nor all numbers stays text.

    Raises:
        InputError: The file is missing or no CSV, columns are missing, or a cell of a required one is no number.
    """
    table = _read_text(path)
    absent = [column for column in required if column not in table.columns]
    problems = [f"{path}: lacks {', '.join(absent)}; it has {', '.join(table.columns)}"] if absent else []
    for column in table.columns:
        text = restored(table[column])
        numbers = pd.to_numeric(text, errors="coerce")
        wrong = text[numbers.isna() & ~text.str.strip().str.lower().isin(MISSING)]
        is_number = column not in TEXT_COLUMNS and wrong.empty
        if column in required and column not in TEXT_COLUMNS and not wrong.empty:
            first = f"line {int(wrong.index[0]) + 2}: {wrong.iloc[0]!r}"
            problems.append(f"{path}: {column} must be a number or empty, but {len(wrong)} cells are not; {first}")
        table[column] = numbers if is_number else text
    if problems:
        raise InputError(problems)
    return table


def _read_text(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(io.BytesIO(path.read_bytes()), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable CSV file ({error}); export it again as CSV in UTF-8") from error


def _is_text(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column)
