"""What does a clinic's table hold, by our columns?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kseg.cases.table.columns import column_problems, find_columns, id_column, no_id_problem, plain_name, there
from kseg.cases.table.telling import Odd
from kseg.clinical.saying import few_of
from kseg.clinical.table.file import read_table_file
from kseg.clinical.table.numbers import decimal_mark
from kseg.clinical.table.sheet import Cell, Sheet, text_of
from kseg.errors import InputError

NUMBERS = ("age", "creatinine", "egfr")
GROUPING = ("creatinine", "egfr", "group")
"""One of them tells a case's group."""


@dataclass(frozen=True)
class ClinicTable:
    """A table of patients, not yet understood.

    Args:
        rows: What the user calls each patient's row: its number in the file, from 1 for the file's first.
        cells: By our columns, one a row; a column that the table has not, or that cannot be told, is absent.
        headers: What the table calls our columns.
        decimal_mark: Of the file's numbers, "." or ",".
        problems: Of the columns, without the file's name.
        remarks: Of the file and its columns, without the file's name.
        odd: Rows that are longer than the row of names.
    """

    rows: list[int]
    cells: dict[str, list[Cell]]
    headers: dict[str, str]
    decimal_mark: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    odd: tuple[Odd, ...]

    def column(self, ours: str) -> list[Cell]:
        """One of our columns; empty cells where the table has it not."""
        return self.cells.get(ours, [""] * len(self.rows))


def open_table(path: Path, sheet: str | None, columns: Mapping[str, str | None]) -> ClinicTable:
    """Read a table's cells and find our columns among its own.

    Args:
        path: A file of text, of Excel, or of LibreOffice.
        sheet: The name of a spreadsheet's sheet; None to find it.
        columns: Our names to the table's, see `kseg.cases.table.columns.find_columns`.

    Raises:
        InputError: The file cannot be read, names no ids, or holds no patient.
    """
    asked = {str(ours): None if name is None else str(name) for ours, name in columns.items()}
    file = read_table_file(path, sheet, partial(find_columns, columns=asked))
    headers, patients = file.rows[file.header], _patients(file)
    problems, patient_id = column_problems(headers, asked), id_column(headers, asked)
    if patient_id is None:
        raise InputError([f"{path}: {problem}" for problem in problems or [no_id_problem(headers)]])
    if not patients:
        raise InputError(f"{path}: no patients; one row a patient is needed below the names of the columns")
    found = {ours: places[0] for ours, places in find_columns(headers, asked).items() if len(places) == 1}
    places = {**found, "patient_id": patient_id}
    cells = {ours: [_at(row, place) for row in patients.values()] for ours, place in places.items()}
    mark = decimal_mark((cell for ours in NUMBERS for cell in cells.get(ours, [])), comma_is_usual=file.comma_is_usual)
    return ClinicTable(
        rows=[*patients],
        cells=cells,
        headers={ours: text_of(headers[place]) for ours, place in places.items()},
        decimal_mark=mark,
        problems=tuple(problems),
        remarks=(*_reading(file, mark), *_naming(headers, asked), *_short_rows(patients, len(headers))),
        odd=tuple(_long_rows(patients, len(headers))),
    )


def _patients(file: Sheet) -> dict[int, list[Cell]]:
    """The rows below the names, by their number in the file; those that hold nothing are not rows."""
    below = enumerate(file.rows[file.header + 1 :], start=file.header + 2)
    return {number: row for number, row in below if any(map(text_of, row))}


def _at(row: Sequence[Cell], place: int) -> Cell:
    return row[place] if place < len(row) else ""


def _long_rows(patients: Mapping[int, Sequence[Cell]], width: int) -> list[Odd]:
    return [
        Odd(number, f"{len(row)} cells for {width} columns; quote the cell that holds a separator")
        for number, row in patients.items()
        if any(map(text_of, row[width:]))
    ]


def _short_rows(patients: Mapping[int, Sequence[Cell]], width: int) -> list[str]:
    short = [str(number) for number, row in patients.items() if len(row) < width]
    places = f"rows {few_of(short)} are" if len(short) > 1 else f"row {short[0]} is" if short else ""
    return [f"{places} shorter than the row of names; what is not there is read as empty"] if short else []


def _reading(file: Sheet, mark: str) -> list[str]:
    reading = [*file.reading, *(["with decimal commas"] if mark == "," else [])]
    remarks = [*([", ".join(reading)] if reading else []), *file.remarks]
    if file.header:
        remarks.append(f"the names of the columns stand in row {file.header + 1}; what is above is skipped")
    return remarks


def _naming(headers: Sequence[Cell], asked: Mapping[str, str | None]) -> list[str]:
    found = find_columns(headers, asked)
    foreign = [
        f"{text_of(headers[places[0]])!r} as {ours}"
        for ours, places in found.items()
        if len(places) == 1 and not asked.get(ours) and plain_name(text_of(headers[places[0]])) != plain_name(ours)
    ]
    remarks = [f"columns read under other names: {', '.join(foreign)}"] if foreign else []
    if "patient_id" not in found:
        remarks.append("no column patient_id; each case counts as a patient of its own")
    if not found.keys() & set(GROUPING):
        remarks.append(f"no creatinine, egfr or group; {there(headers)}; data.columns.creatinine=NAME says which it is")
    if "creatinine" in found and (lacking := [ours for ours in ("sex", "age") if ours not in found]):
        remarks.append(f"no column {' and no column '.join(lacking)}; {there(headers)}")
    return remarks
