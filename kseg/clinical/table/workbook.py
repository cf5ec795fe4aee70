"""What stands in a sheet of an Excel or ODS file?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from kseg.clinical.saying import few_of
from kseg.clinical.table.faults import find_faults
from kseg.clinical.table.sheet import TOP_ROWS, Cell, Names, Sheet, find_header, names_patients, tidied
from kseg.errors import InputError

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
OLD_EXCEL_BLOCK = 512
"""Bytes. A whole file of the old kind is made of such blocks alone (MS-CFB 2.2)."""

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MOST_CELLS = 5_000_000


def read_workbook(path: Path, data: bytes, sheet: str | None, named: Names) -> Sheet:
    """Read the patients' sheet of a spreadsheet's file.

    Args:
        path: The file.
        data: What it holds.
        sheet: Its name; None for the only one that holds anything, or the first that names patients.
        named: Which of our columns a row names.

    Raises:
        InputError: The file is damaged, cut short or protected by a password, or has no such sheet, or is empty.
    """
    with _told(path):
        book = _opened(path, data)
        sheets = _filled_sheets(book)
        chosen = _choose(path, sheets, sheet, named)
        rows = [[_cell(value) for value in row] for row in chosen.to_python(skip_empty_area=False)]
    faults = find_faults(data, chosen.name)
    remarks = _left_aside([*sheets], chosen.name, sheet)
    if faults is None:
        remarks.append("cells with an error, such as #N/A, are read as empty; .xlsx tells them")
    _write_faults(rows, faults or {})
    return Sheet(rows, find_header(rows, named), remarks=tuple(remarks))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except PasswordError as error:
        raise InputError(f"{path}: protected by a password; save it without one") from error
    except (CalamineError, OSError) as error:
        raise _damaged(path) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # calamine's Rust code met what it did not foresee
            raise
        raise _damaged(path) from error


def _damaged(path: Path) -> InputError:
    return InputError(f"{path}: damaged or cut short; copy it once more, or open it in Excel and save it as .xlsx")


def _opened(path: Path, data: bytes) -> CalamineWorkbook:
    if data.startswith(OLD_EXCEL):
        if ENCRYPTED in data:
            raise PasswordError
        if len(data) % OLD_EXCEL_BLOCK:
            raise CalamineError
    try:
        return load_workbook(str(path))
    except PasswordError:
        raise
    except (CalamineError, OSError):
        return load_workbook(io.BytesIO(data))  # an .xls that is an .xlsx, and the other way round


def _filled_sheets(book: CalamineWorkbook) -> dict[str, CalamineSheet]:
    names = [
        told.name
        for told in book.sheets_metadata
        if told.typ == SheetTypeEnum.WorkSheet and told.visible == SheetVisibleEnum.Visible
    ]
    sheets = {name: book.get_sheet_by_name(name) for name in names}
    return {name: sheet for name, sheet in sheets.items() if sheet.height}


def _choose(path: Path, sheets: dict[str, CalamineSheet], wanted: str | None, named: Names) -> CalamineSheet:
    if not sheets:
        raise InputError(f"{path}: empty; a row of names is needed, and one row a patient")
    if wanted is not None and wanted not in sheets:
        raise InputError(f"{path}: no sheet {wanted!r} that holds anything; the sheets are {few_of([*sheets], 20)}")
    fitting = [name for name, sheet in sheets.items() if any(names_patients(row, named) for row in _top(sheet))]
    if wanted is None and len(fitting) > 1:
        names = few_of(fitting, 20)
        raise InputError(f"{path}: {len(fitting)} sheets name patients, {names}; choose with data.sheet=NAME")
    chosen = sheets[wanted or next(iter([*fitting, *sheets]))]
    last_row, last_column = chosen.end or (0, 0)
    if (last_row + 1) * (last_column + 1) > MOST_CELLS:
        raise InputError(
            f"{path}: sheet {chosen.name!r} has {last_row + 1} rows and {last_column + 1} columns; "
            "delete what stands far from the table"
        )
    return chosen


def _top(sheet: CalamineSheet) -> list[list[Cell]]:
    return [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False, nrows=TOP_ROWS)]


def _left_aside(names: list[str], chosen: str, wanted: str | None) -> list[str]:
    others = [repr(name) for name in names if name != chosen]
    if wanted is not None or not others:
        return []
    return [f"sheet {chosen!r} is read, not {few_of(others)}; data.sheet=NAME takes another"]


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return float(value)
    return value if isinstance(value, date) else tidied(str(value))


def _write_faults(rows: list[list[Cell]], faults: dict[tuple[int, int], str]) -> None:
    for (row, column), seen in faults.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend("" for _ in range(column + 1 - len(rows[row])))
        rows[row][column] = seen
