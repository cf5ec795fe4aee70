"""Who are the patients of a clinic's table?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kseg.clinical.egfr import UMOL_L_PER_MG_DL
from kseg.clinical.rows import ROW_COLUMNS, id_problems, row_problems
from kseg.clinical.text_table import parse_numbers, read_text_table
from kseg.errors import InputError

REQUIRED = ("patient_id", "sex", "age")
SEXES = {"f": "F", "female": "F", "m": "M", "male": "M"}
UMOL_L_PER_UNIT = {"umol/L": 1.0, "mg/dL": UMOL_L_PER_MG_DL}
CREATININE = {"creatinine_umol_l": "umol/L", "creatinine_mg_dl": "mg/dL", "creatinine": None}
"""The columns that hold it, with the unit that their names state."""


def read_clinic_table(path: Path, creatinine_unit: str) -> tuple[pd.DataFrame, list[str]]:
    """Read who the patients are, and what is wrong with what stands there.

    Needed are the columns `patient_id`, `sex` (F, M, female, male), `age` in years, and creatinine: as
    `creatinine_umol_l`, `creatinine_mg_dl`, or `creatinine` in the given unit. With a column `egfr` or `group`
    creatinine may be absent. `case_id` tells several CTs of a patient apart; without it the patient's id is the case's.

    Args:
        path: A CSV file.
        creatinine_unit: `umol/L` or `mg/dL`, of a column that is called `creatinine` and no more.

    Returns:
        One row a case, its columns those of `kseg.clinical.rows.ROW_COLUMNS` with empty paths, its index the row in the
        file; and one line for every unreadable or impossible value.

    Raises:
        InputError: The file is no table, holds no patient, lacks columns, or states creatinine in no or two ways.
    """
    texts = _patients(path)
    _refuse(path, _column_problems(texts, creatinine_unit))
    rows, unreadable = _rows(texts, creatinine_unit)
    problems = [
        f"{path.name} row {row} ({rows['case_id'][row]}): {column} {texts[column][row]!r}; {need}"
        for row, column, need in sorted(unreadable)
    ]
    readable = rows.drop(index=[row for row, _, _ in unreadable])
    return rows, [*id_problems(rows), *problems, *row_problems(readable)]


def _rows(texts: pd.DataFrame, creatinine_unit: str) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    nothing = pd.Series("", texts.index)
    amount = next((column for column in CREATININE if column in texts), "")
    rows = texts[["patient_id"]].assign(image="", parenchyma="", cortex="")
    rows["case_id"] = texts.get("case_id", texts["patient_id"])
    rows["group"] = texts.get("group", nothing)
    rows["sex"] = texts["sex"].str.lower().map(SEXES).fillna("")
    odd_sex = rows.index[(rows["sex"] == "") & (texts["sex"] != "")]
    unreadable = [(row, "sex", "F, M, female or male is needed") for row in odd_sex]
    for name, column in {"age": "age", "creatinine_umol_l": amount, "egfr": "egfr"}.items():
        rows[name], odd = parse_numbers(texts.get(column, nothing))
        unreadable += [(row, column, "a number is needed, such as 38.5, or an empty cell") for row in odd.index]
    rows["creatinine_umol_l"] *= UMOL_L_PER_UNIT[CREATININE.get(amount) or creatinine_unit]
    return rows[list(ROW_COLUMNS)], unreadable


def _patients(path: Path) -> pd.DataFrame:
    table = read_text_table(path)
    texts = pd.DataFrame({str(name).strip().lower(): table[name].str.strip() for name in table})
    patients = texts[(texts != "").any(axis=1).to_numpy()]
    if patients.empty:
        raise InputError(f"{path}: no patients; one row a patient is needed below the names of the columns")
    return patients


def _column_problems(texts: pd.DataFrame, creatinine_unit: str) -> list[str]:
    stated = [column for column in CREATININE if column in texts]
    found = f"the columns are {', '.join(texts.columns)}"
    problems = [f"no column {column}; {found}" for column in REQUIRED if column not in texts]
    if not stated and not {"egfr", "group"} & set(texts.columns):
        problems.append(f"no creatinine; a column {', '.join(CREATININE)}, egfr or group is needed, {found}")
    if len(stated) > 1:
        problems.append(f"creatinine stands in {len(stated)} columns, {' and '.join(stated)}; keep one")
    if creatinine_unit not in UMOL_L_PER_UNIT:
        problems.append(f"creatinine_unit {creatinine_unit!r}; {' or '.join(UMOL_L_PER_UNIT)} is needed")
    return problems


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        raise InputError([f"{path}: {problem}" for problem in problems])
