"""Which of an importer's rows cannot become a cohort?"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

ROW_COLUMNS = (
    *("case_id", "patient_id", "sex", "age", "creatinine_umol_l", "egfr", "group"),
    *("image", "parenchyma", "cortex"),
)
"""What an importer hands over: one row a case, the split not yet known."""

FILE_NAME = re.compile(r"[^/\\.\x00-\x1f][^/\\\x00-\x1f]*")
"""What a case may be called, because its files are called so too."""

AMOUNTS = {
    "age": "an age in years",
    "creatinine_umol_l": "a creatinine in umol/L",
    "egfr": "an eGFR in mL/min/1.73 m^2",
}


def id_problems(rows: pd.DataFrame) -> list[str]:
    """Find cases that cannot be told apart, or cannot give their name to a file.

    Args:
        rows: With the columns `case_id` and `patient_id`; the index is what the user calls the row.

    Returns:
        One line a problem.
    """
    nobody = rows["patient_id"] == ""
    problems = [f"row {row}: no patient_id; every row needs one" for row in rows.index[nobody]]
    problems += [f"row {row}: no case_id; every row needs one" for row in rows.index[~nobody & (rows["case_id"] == "")]]
    for case_id, same in rows[rows["case_id"] != ""].groupby("case_id", sort=False):
        if len(same) > 1:
            places = ", ".join(map(str, same.index))
            problems.append(f"{case_id}: {len(same)} rows ({places}); keep one, or give each CT a case_id of its own")
        if not FILE_NAME.fullmatch(str(case_id)):
            problems.append(f"{case_id!r}: cannot name a file; an id has no / or \\ and does not start with a point")
    return problems


def row_problems(rows: pd.DataFrame) -> list[str]:
    """Find clinical values that cannot be, and cases from which no group can be told.

    Args:
        rows: The columns of `ROW_COLUMNS`; those without an id are left to `id_problems`.

    Returns:
        One line a problem.
    """
    named = rows[(rows["case_id"] != "") & (rows["patient_id"] != "")]
    problems = [problem for row in named.to_dict("records") for problem in _problems_of(row)]
    for patient, cases in named.groupby("patient_id", sort=False):
        sexes = sorted(set(cases["sex"]) - {""})
        if len(sexes) > 1:
            problems.append(f"patient {patient}: sex {' and '.join(sexes)} in {len(cases)} cases; correct one")
    return problems


def _problems_of(row: dict[Any, Any]) -> list[str]:
    case, sex = row["case_id"], row["sex"]
    problems = [
        f"{case}: {column} {row[column]:g}; {name} is more than 0"
        for column, name in AMOUNTS.items()
        if row[column] <= 0  # False where it is missing
    ]
    if sex not in ("", "F", "M"):
        problems.append(f"{case}: sex {sex!r}; F or M is needed")
    if row["group"] or pd.notna(row["egfr"]):
        return problems
    wanting = [column for column in ("creatinine_umol_l", "age") if pd.isna(row[column])] + ["sex"] * (not sex)
    if wanting:
        problems.append(f"{case}: no {' and no '.join(wanting)}; without it give an egfr or a group")
    return problems
