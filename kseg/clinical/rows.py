"""Which of an importer's rows cannot become a cohort?"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

import pandas as pd

ROW_COLUMNS = (
    *("case_id", "patient_id", "sex", "age", "creatinine_umol_l", "egfr", "group", "split"),
    *("image", "parenchyma", "cortex"),
)
"""One row a case: what an importer hands over, and what a cohort's table holds."""


@dataclass(frozen=True)
class Imported:
    """What an importer found in a folder.

    Args:
        rows: One row a case, with the columns of `ROW_COLUMNS`: numbers as floats, NaN where they are missing; all else
            as text, "" where it is missing. The index is what the user calls the row. `image` is the CT's path,
            `parenchyma` and `cortex` are outlines as `kseg.outlines.Outline` writes them, all absolute; "" where a file
            is missing.
        problems: One line each: what makes the cohort unusable until somebody mends it.
        remarks: One line each: what was found and decided, and what a reader should know.
        unreadable: Indices of the rows whose problems are told already: nothing more can be said of their values.
    """

    rows: pd.DataFrame
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    unreadable: frozenset[int] = frozenset()


FILE_NAME = re.compile(r"[^/\\.\x00-\x1f][^/\\\x00-\x1f]*")
"""What a case may be called, because its files are called so too."""

OLDEST_YEARS = 120
"""More is a mistake."""

HIGHEST_EGFR = 250
"""More is a mistake, or another unit: every equation stays below for a creatinine that can be."""

AMOUNTS = {
    "age": ("an age in years", OLDEST_YEARS),
    "creatinine_umol_l": ("a creatinine in umol/L", sys.float_info.max),
    "egfr": ("an eGFR in mL/min/1.73 m^2", HIGHEST_EGFR),
}
"""What a column's number is, and the most that it can be; all are more than 0."""


def row_problems(rows: pd.DataFrame) -> list[str]:
    """Find clinical values that cannot be.

    Args:
        rows: The columns of `ROW_COLUMNS`; those without an id are left to `id_problems`.

    Returns:
        One line a problem, in the order of the rows; then one for each patient who contradicts himself.
    """
    named = rows[(rows["case_id"] != "") & (rows["patient_id"] != "")].reset_index(drop=True)
    found = [place_and_problem for column in AMOUNTS for place_and_problem in _impossible(named, column)]
    odd_sex = named[~named["sex"].isin(["", "F", "M"])]
    for place, case, sex in zip(odd_sex.index, odd_sex["case_id"], odd_sex["sex"], strict=True):
        found.append((place, f"{case}: sex {sex!r}; F or M is needed"))
    by_row = sorted(found, key=lambda place_and_problem: place_and_problem[0])
    return [problem for _, problem in by_row] + _sex_problems(named)


def _impossible(rows: pd.DataFrame, column: str) -> list[tuple[int, str]]:
    name, highest = AMOUNTS[column]
    odd = rows[(rows[column] <= 0) | (rows[column] > highest)]  # a missing one is neither
    return [
        (place, f"{case}: {column} {value:g}; {name} is {'more than 0' if value <= 0 else f'at most {highest:g}'}")
        for place, case, value in zip(odd.index, odd["case_id"], odd[column], strict=True)
    ]


def _sex_problems(rows: pd.DataFrame) -> list[str]:
    stated = rows[rows["sex"] != ""].drop_duplicates(["patient_id", "sex"])
    doubtful = stated[stated["patient_id"].duplicated(keep=False)]
    sexes = doubtful.sort_values("sex").groupby("patient_id", sort=False)["sex"].agg(" and ".join)
    cases = rows["patient_id"].value_counts()
    return [
        f"patient {patient}: sex {sexes[patient]} in {cases[patient]} cases; correct one"
        for patient in doubtful["patient_id"].unique()
    ]
