"""Which cells stand in a table's file, whatever program wrote it?"""

from __future__ import annotations

from pathlib import Path

from kseg.clinical.table.separator import read_text
from kseg.clinical.table.sheet import Names, Sheet
from kseg.clinical.table.workbook import OLD_EXCEL, read_workbook
from kseg.errors import InputError

TEXT = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
ZIP = b"PK\x03\x04"


def read_table_file(path: Path, sheet: str | None, named: Names) -> Sheet:
    """Read the cells of a table.

    Args:
        path: A file of text, of Excel, or of LibreOffice (.ods).
        sheet: The name of a spreadsheet's sheet; None to find it.
        named: Which of our columns a row names.

    Raises:
        InputError: The file is missing, is not what its name says, or cannot be read.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if kind not in (*TEXT, *WORKBOOKS):
        raise InputError(f"{path}: not a table; {', '.join((*TEXT, *WORKBOOKS))} can be read")
    data = _bytes_of(path)
    is_workbook = data.startswith((ZIP, OLD_EXCEL))
    if kind in TEXT and is_workbook:
        raise InputError(f"{path}: an Excel file under the name of a text file; call it .xlsx, or .xls if it is old")
    if kind in TEXT and sheet is not None:
        raise InputError(f"{path}: a text file has no sheets, and {sheet!r} is asked for; leave data.sheet empty")
    if kind in WORKBOOKS and not is_workbook:
        raise InputError(f"{path}: not an Excel file, whatever its name; open it in Excel and save it as .xlsx")
    return read_text(path, data, named) if kind in TEXT else read_workbook(path, data, sheet, named)


def _bytes_of(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise InputError(f"{path}: empty; a row of names is needed, and one row a patient")
    return data
