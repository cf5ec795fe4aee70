"""Which cases does a study have, and what is known of each?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kseg.clinical.fitted import ANY, fitted_remarks, range_problems
from kseg.clinical.groups import NO_GROUP, check_cut_points, egfr_group
from kseg.clinical.ids import id_problems, path_problems, patient_problems, patient_remarks
from kseg.clinical.rows import ROW_COLUMNS, row_problems
from kseg.clinical.stages import Equation, computed_egfr, egfr_remarks, group_remarks, mixed_group_remarks
from kseg.clinical.table.text_table import parse_numbers, read_text_table
from kseg.clinical.ungrouped import REFUSE, ungrouped_problems, ungrouped_remarks, way_problems
from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.outlines import Outline
from kseg.spreadsheet import defused, restored

COHORT_COLUMNS = ROW_COLUMNS
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
        parenchyma: The renal parenchyma as it was drawn, on the CT's grid.
        cortex: The cortex as it was drawn, or None where it was not.
    """

    case_id: str
    patient_id: str
    group: str
    split: str
    image: Path
    parenchyma: Outline
    cortex: Outline | None


def build_cohort(
    rows: pd.DataFrame,
    *,
    equation: Equation,
    cut_points: Mapping[str, float],
    equation_name: str = "the equation",
    fitted_ages: Sequence[float] = ANY,
    fitted_egfr: Sequence[float] = ANY,
    ungrouped: str = REFUSE,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give every case its eGFR and its group; what the rows already state wins over what is computed.

    Args:
        rows: An importer's rows, with the columns of `kseg.clinical.rows.ROW_COLUMNS`.
        equation: Creatinine to eGFR.
        cut_points: Each group's lower bound of eGFR, in the order of the groups.
        equation_name: What the equation is called in a remark.
        fitted_ages: From and to, in years: whom the equation was fitted on.
        fitted_egfr: From and to, in mL/min/1.73 m^2: where the equation is precise.
        ungrouped: What becomes of a case from which no group can be told: `refuse`, or `keep` it with an empty group.

    Returns:
        The cohort, with the columns of `COHORT_COLUMNS`, the split as the rows state it, in the order of the rows; and
        remarks: on stated eGFRs and groups that are not the computed ones, on patients in several groups or beyond
        what the equation was fitted on, on cases without a group.

    Raises:
        InputError: Values are impossible or missing, ids are doubled, a group is not among the cut points, or a setting
            makes no sense; every problem of the rows in one error.
    """
    check_cut_points(cut_points)
    _refuse([*range_problems({"fitted_ages": fitted_ages, "fitted_egfr": fitted_egfr}), *way_problems(ungrouped)])
    _refuse(f"the rows have no column {column}" for column in ROW_COLUMNS if column not in rows)
    stated = _typed(rows)
    _refuse([*_problems(stated, cut_points), *(ungrouped_problems(stated) if ungrouped == REFUSE else ())])
    computed = computed_egfr(stated, equation)
    egfr = stated["egfr"].fillna(computed)
    staged = pd.Series(egfr_group(egfr, cut_points), stated.index, dtype="str")
    cohort = stated.assign(egfr=egfr, group=stated["group"].where(stated["group"] != "", staged))
    by_equation = stated["egfr"].isna() & computed.notna()
    remarks = (
        *egfr_remarks(stated, computed),
        *group_remarks(stated, egfr, staged),
        *fitted_remarks(cohort, by_equation, name=equation_name, ages=fitted_ages, egfr=fitted_egfr),
        *ungrouped_remarks(cohort),
        *mixed_group_remarks(cohort),
        *patient_remarks(cohort),
    )
    return cohort.reset_index(drop=True), remarks


def write_cohort(path: Path, cohort: pd.DataFrame) -> None:
    """Write a cohort so that `read_cohort` gives it back as it is; whole or not at all.

    Args:
        path: Where to.
        cohort: With the columns of `COHORT_COLUMNS`. Text that a spreadsheet would run gets an apostrophe in front.
    """
    safe = cohort.assign(**{column: defused(cohort[column]) for column in COHORT_COLUMNS if column not in NUMBERS})
    write_atomically(path, safe.to_csv(columns=list(COHORT_COLUMNS), index=False, lineterminator="\n").encode())


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
    texts = [column for column in COHORT_COLUMNS if column not in NUMBERS]
    table[texts] = table[texts].apply(restored)
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
        Case(
            *(case_id, patient_id, group, split, Path(image)),
            *(Outline.parse(parenchyma), Outline.parse(cortex) if cortex else None),
        )
        for case_id, patient_id, group, split, image, parenchyma, cortex in texts
    )


def taught_cortex(cohort: pd.DataFrame) -> bool:
    """Tell whether a network that learns from the cohort learns to tell cortex from medulla.

    Args:
        cohort: With the columns `split` and `cortex`.

    Returns:
        Whether a cortex is drawn in any case that trains.
    """
    return bool(((cohort["split"] == "train") & (cohort["cortex"] != "")).any())


def cohort_in_a_line(cohort: pd.DataFrame) -> str:
    """Count CTs by group and by split, such as "3 CTs: 2 control, 1 mild; 2 train, 1 test"."""
    groups, splits = (
        ", ".join(f"{count} {name or NO_GROUP}" for name, count in cohort.groupby(column, sort=False).size().items())
        for column in ("group", "split")
    )
    return f"{len(cohort)} CTs: {groups}; {splits}"


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


def _problems(rows: pd.DataFrame, cut_points: Mapping[str, float]) -> list[str]:
    ids = [*id_problems(rows), *patient_problems(rows)]
    return [*ids, *row_problems(rows), *path_problems(rows), *_unknown_groups(rows, cut_points)]


def _unknown_groups(cohort: pd.DataFrame, cut_points: Mapping[str, float]) -> list[str]:
    known = ", ".join(cut_points)
    stated = cohort[(cohort["group"] != "") & ~cohort["group"].isin(list(cut_points))]
    return [
        f"{case}: group {group!r} is not known; the groups are {known}"
        for case, group in zip(stated["case_id"], stated["group"], strict=True)
    ]
