"""Which cases does a study have, and what is known of each?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kseg.clinical.groups import check_cut_points, egfr_group
from kseg.clinical.rows import ROW_COLUMNS, id_problems, row_problems
from kseg.clinical.stages import Equation, computed_egfr, egfr_remarks, group_remarks
from kseg.clinical.text_table import parse_numbers, read_text_table
from kseg.errors import InputError
from kseg.images import write_atomically

COHORT_COLUMNS = (
    *("case_id", "patient_id", "sex", "age", "creatinine_umol_l", "egfr", "group", "split"),
    *("image", "parenchyma", "cortex"),
)
NUMBERS = ("age", "creatinine_umol_l", "egfr")
PATHS = ("image", "parenchyma", "cortex")


@dataclass(frozen=True)
class Case:
    """One CT of one patient.

    Args:
        case_id: Unique; names the case's files.
        patient_id: The person, who may have several cases.
        group: The eGFR stage.
        split: `train`, `val` or `test`; empty before the cohort is split.
        image: The CT.
        parenchyma: The outline of the renal parenchyma, on the CT's grid.
        cortex: The outline of the cortex, or None where none was drawn.
    """

    case_id: str
    patient_id: str
    group: str
    split: str
    image: Path
    parenchyma: Path
    cortex: Path | None


def build_cohort(
    rows: pd.DataFrame, *, equation: Equation, cut_points: Mapping[str, float]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give every case its eGFR and its group; what the rows already state wins over what is computed.

    Args:
        rows: An importer's rows, with the columns of `kseg.clinical.rows.ROW_COLUMNS`.
        equation: Creatinine to eGFR.
        cut_points: Each group's lower bound of eGFR, in the order of the groups.

    Returns:
        The cohort, with the columns of `COHORT_COLUMNS` and no split yet, in the order of the rows; and a remark
        on every case whose stated eGFR or group is not the computed one.

    Raises:
        InputError: Values are impossible or missing, ids are doubled, or a group is not among the cut points;
            every problem in one error.
    """
    check_cut_points(cut_points)
    _refuse(f"the rows have no column {column}" for column in ROW_COLUMNS if column not in rows)
    cohort = _typed(rows.assign(split=""))
    _refuse([*id_problems(cohort), *row_problems(cohort), *_unknown_groups(cohort, cut_points)])
    computed = computed_egfr(cohort, equation)
    egfr = cohort["egfr"].fillna(computed)
    staged = pd.Series(egfr_group(egfr, cut_points), cohort.index, dtype="str")
    remarks = (*egfr_remarks(cohort, computed), *group_remarks(cohort, egfr, staged))
    group = cohort["group"].where(cohort["group"] != "", staged)
    return cohort.assign(egfr=egfr, group=group).reset_index(drop=True), remarks


def write_cohort(path: Path, cohort: pd.DataFrame) -> None:
    """Write a cohort so that `read_cohort` gives it back as it is; whole or not at all.

    Args:
        path: Where to.
        cohort: With the columns of `COHORT_COLUMNS`.
    """
    write_atomically(path, cohort.to_csv(columns=list(COHORT_COLUMNS), index=False, lineterminator="\n").encode())


def read_cohort(path: Path) -> pd.DataFrame:
    """Read a cohort's table.

    Args:
        path: A CSV file with the columns of `COHORT_COLUMNS`, of which any but the ids may be empty.

    Returns:
        One row a case: numbers as floats, NaN where they are missing; all else as text, "" where it is missing.

    Raises:
        InputError: The file or a column is missing, a number is none, or ids are missing or doubled.
    """
    table = read_text_table(path)
    _refuse(f"{path}: column {column} is missing" for column in COHORT_COLUMNS if column not in table)
    problems = [f"{path}: {problem}" for problem in id_problems(table)]
    for column in NUMBERS:
        table[column], unreadable = parse_numbers(table[column])
        problems += [f"{path} row {row}: {column} {text!r} is not a number" for row, text in unreadable.items()]
    _refuse(problems)
    return _typed(table).reset_index(drop=True)


def cases_of(cohort: pd.DataFrame) -> tuple[Case, ...]:
    """The cohort's cases, in its order.

    Args:
        cohort: With the columns of `COHORT_COLUMNS`.
    """
    texts = cohort[["case_id", "patient_id", "group", "split", *PATHS]].itertuples(index=False, name=None)
    return tuple(
        Case(case_id, patient_id, group, split, Path(image), Path(parenchyma), Path(cortex) if cortex else None)
        for case_id, patient_id, group, split, image, parenchyma, cortex in texts
    )


def cohort_digest(cohort: pd.DataFrame) -> str:
    """Tell whether two runs saw the same cases, groups and split, wherever the files lie and in whatever order.

    Args:
        cohort: With the columns of `COHORT_COLUMNS`.

    Returns:
        SHA-256 of all but the paths, 64 hexadecimal digits.
    """
    told = [column for column in COHORT_COLUMNS if column not in PATHS]
    return hashlib.sha256(cohort.sort_values("case_id").to_csv(columns=told, index=False).encode()).hexdigest()


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    cohort = table[list(COHORT_COLUMNS)].copy()
    for column in COHORT_COLUMNS:
        cohort[column] = (
            cohort[column].astype("float64") if column in NUMBERS else cohort[column].fillna("").astype("str")
        )
    return cohort


def _refuse(problems: Iterable[str]) -> None:
    found = tuple(problems)
    if found:
        raise InputError(found)


def _unknown_groups(cohort: pd.DataFrame, cut_points: Mapping[str, float]) -> list[str]:
    known = ", ".join(cut_points)
    stated = cohort[(cohort["group"] != "") & ~cohort["group"].isin(list(cut_points))]
    return [
        f"{case}: group {group!r} is not known; the groups are {known}"
        for case, group in zip(stated["case_id"], stated["group"], strict=True)
    ]
