"""How is text kept from running as a formula where a spreadsheet opens a CSV file?"""

from __future__ import annotations

import pandas as pd

FORMULA = r"=+\-@\t\r"
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""


def defused(column: pd.Series) -> pd.Series:
    """Put an apostrophe before what a spreadsheet would run.

    Args:
        column: Text, "" or NaN where there is none.
    """
    return column.fillna("").astype(str).str.replace(rf"^('*[{FORMULA}])", r"'\1", regex=True)


def restored(column: pd.Series) -> pd.Series:
    """Take away the apostrophe that `defused` put there.

    Args:
        column: Text.
    """
    return column.str.replace(rf"^'('*[{FORMULA}])", r"\1", regex=True)
