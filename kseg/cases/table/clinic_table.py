"""Who are the patients of a clinic's table?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from kseg.cases.table.amounts import read_ages, read_egfrs
from kseg.cases.table.creatinine import Unit, read_creatinine, unit_of
from kseg.cases.table.ids import read_ids
from kseg.cases.table.opening import ClinicTable, open_table
from kseg.cases.table.telling import Column, Odd, odd_lines
from kseg.cases.table.units import unit_problems
from kseg.cases.table.words import read_groups, read_sexes, read_splits, sex_meanings
from kseg.clinical.cohort import NUMBERS, PATHS
from kseg.clinical.rows import ROW_COLUMNS, Imported

NOTHING: Mapping[str, str] = MappingProxyType({})
OUR_COLUMN = {"creatinine": "creatinine_umol_l"}


def read_clinic_table(
    path: Path,
    *,
    columns: Mapping[str, str | None] = NOTHING,
    sheet: str | None = None,
    creatinine_unit: str | None = None,
    sex_values: Mapping[str, str] = NOTHING,
) -> Imported:
    """Read who the patients are, and what is wrong with what stands there.

    The table is a file of text (.csv, .tsv, .txt), of Excel (.xlsx, .xlsm, .xls, .xlsb) or of LibreOffice (.ods).
    Separator, encoding, decimal mark, sheet and the row of names are found, and told where they are not the plain ones.
    The columns are `patient_id`, `case_id`, `sex`, `age` in years, `creatinine`, `egfr` in mL/min/1.73 m^2, `group` and
    `split`, or what clinics call them in English and Chinese. An id is needed, all else as far as groups are wanted.
    `case_id` tells several CTs of a patient apart; without it the patient's id is the case's.

    Args:
        path: The file.
        columns: Our columns' names to the table's; None to find one by its name, "" for one that is not to be read.
        sheet: Of a spreadsheet; None for the only visible one that names patients, or the first that holds anything.
        creatinine_unit: `umol/L`, `mg/dL` or `mmol/L`; None for what the column's name states, or umol/L.
        sex_values: What the table writes, to `F` or `M`.

    Returns:
        One row a case with empty paths, its index the number of the row in the file; one line for all that cannot be
        read, and for all that was found and decided.

    Raises:
        InputError: The file cannot be read, names no ids, or holds no patient.
    """
    table = open_table(path, None if sheet is None else str(sheet), columns)  # Hydra reads 2024 as a number
    meanings, meaning_problems = sex_meanings(sex_values)
    unit = unit_of(table.headers.get("creatinine", ""), creatinine_unit)
    read = _read(table, unit, meanings)
    odd = _odd(table, read)
    units = [*([unit.problem] if unit.problem else []), *unit_problems(table.headers)]
    unsure = [*table.problems, *meaning_problems, *units]
    of_columns = [f"{header} {said}" for header, column in _by_header(table, read) for said in column.problems]
    told = {table.rows[position] for column in read.values() for position in column.told}
    remarks = [f"{header} {said}" for header, column in _by_header(table, read) for said in column.remarks]
    cases = dict(zip(table.rows, read["case_id"].values, strict=True))
    return Imported(
        _rows(table, read),
        (*(f"{path.name}: {said}" for said in (*unsure, *of_columns)), *odd_lines(path.name, odd, cases)),
        tuple(f"{path.name}: {said}" for said in (*table.remarks, *remarks)),
        frozenset(table.rows) if unsure else frozenset({one.row for one in odd} | told),
    )


def _read(table: ClinicTable, unit: Unit, meanings: Mapping[str, str]) -> dict[str, Column[Any]]:
    """Read what stands in the cells, by our columns; all of them, whether the table has them or not."""
    mark = table.decimal_mark
    groups = read_groups(table.column("group"))
    creatinine = read_creatinine(table.column("creatinine"), mark, unit)
    known = [bool(group) or value > 0 for group, value in zip(groups.values, creatinine.values, strict=True)]
    return {
        "patient_id": read_ids(table.column("patient_id")),
        "case_id": read_ids(table.column("case_id" if "case_id" in table.cells else "patient_id")),
        "sex": read_sexes(table.column("sex"), meanings),
        "age": read_ages(table.column("age"), mark),
        "creatinine": creatinine,
        "egfr": read_egfrs(table.column("egfr"), mark, known),
        "group": groups,
        "split": read_splits(table.column("split")),
    }


def _by_header(table: ClinicTable, read: Mapping[str, Column[Any]]) -> list[tuple[str, Column[Any]]]:
    return [(table.headers[ours], column) for ours, column in read.items() if ours in table.cells]


def _odd(table: ClinicTable, read: Mapping[str, Column[Any]]) -> list[Odd]:
    """What is wrong with rows: with their length, or else with their cells, which a wrong length shifts."""
    shifted = {one.row for one in table.odd}
    return [
        *table.odd,
        *(
            Odd(table.rows[position], f"{header} {said}")
            for header, column in _by_header(table, read)
            for position, said in column.odd.items()
            if table.rows[position] not in shifted
        ),
    ]


def _rows(table: ClinicTable, read: Mapping[str, Column[Any]]) -> pd.DataFrame:
    values = {OUR_COLUMN.get(ours, ours): column.values for ours, column in read.items()}
    rows = pd.DataFrame(values, index=pd.Index(table.rows)).assign(**dict.fromkeys(PATHS, ""))
    return rows.astype({name: "float64" if name in NUMBERS else "str" for name in ROW_COLUMNS})[list(ROW_COLUMNS)]
