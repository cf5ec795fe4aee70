"""What stands in a CSV file, cell by cell, before anyone makes sense of it?"""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import pandas as pd

from kseg.errors import InputError

MISSING = ("", "na", "n/a", "nan")
"""How programs write that a number is not there, in lower case."""


def read_text_table(path: Path) -> pd.DataFrame:
    """Read every cell as the text that it is: "007" keeps its zeros, "NA" stays a name.

    Args:
        path: A CSV file with a row of names, in UTF-8.

    Returns:
        Text alone, an empty cell as ""; the index is the row in the file, 2 for the first after the names.

    Raises:
        InputError: The file is missing, empty, not UTF-8, or has a row that is longer than its first.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path, dtype=object, keep_default_na=False, encoding="utf-8-sig", index_col=False, skip_blank_lines=False
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = str(error).strip()
        raise InputError(f"{path}: not a readable table ({reason}); save it as CSV, comma separated, UTF-8") from error
    table = table.fillna("")
    table.index = pd.RangeIndex(2, len(table) + 2)
    return table


def parse_numbers(texts: pd.Series[str]) -> tuple[pd.Series[float], pd.Series[str]]:
    """Read a column of text as numbers.

    Args:
        texts: As a file holds them.

    Returns:
        The numbers, NaN where there is none, and those texts that should have been a number and are not,
        each under the column's own index.
    """
    numbers = texts.map(as_number).astype("float64")
    unreadable = texts[numbers.isna() & ~texts.str.strip().str.lower().isin(MISSING)]
    return numbers, unreadable


def as_number(text: str) -> float:
    """Read a number with a decimal point; NaN where there is none, or it is infinite.

    >>> as_number("38.5"), as_number("1_000")
    (38.5, nan)
    """
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) and "_" not in text else math.nan
