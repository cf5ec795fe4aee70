"""Which split does every patient have already: by the clinic's own table, or in another run?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kseg.clinical.cohort import read_cohort
from kseg.clinical.patients import placed
from kseg.clinical.saying import TEN, counted, few_of
from kseg.clinical.shares import SPLITS
from kseg.errors import InputError

COHORT_FILE = "cohort.csv"
"""What a run calls its cohort's table."""


def column_split(cohort: pd.DataFrame) -> pd.DataFrame:
    """Take the split from the table's own column.

    Args:
        cohort: With the columns `case_id`, `patient_id` and `split`, as the table states it.

    Returns:
        The cohort as it is.

    Raises:
        InputError: A case has no split or an unknown one, or a patient's cases are in several; every problem in one
            error.
    """
    if (cohort["split"] == "").all():
        raise InputError("split: no patient has one in the table; fill its column split, or choose another split")
    problems = _problems(cohort, "the table")
    if problems:
        raise InputError(problems)
    return cohort


def reused_split(rows: pd.DataFrame, /, *, cohort: str | Path) -> pd.DataFrame:
    """Give every patient the split that the patient had in another run.

    Args:
        rows: The cohort to split, with the column `patient_id`.
        cohort: The other run's cohort.csv, or its folder.

    Returns:
        The cohort with its column `split` filled, for every case.

    Raises:
        InputError: The other cohort cannot be read, has no split for a case or several for a patient, or its patients
            are not the same; every problem in one error.
    """
    path = Path(str(cohort)).expanduser()  # Hydra reads a name of digits as a number
    path = path / COHORT_FILE if path.is_dir() else path
    earlier = read_cohort(path)
    problems = _problems(earlier, str(path)) + _difference(rows["patient_id"], earlier["patient_id"], path)
    if problems:
        raise InputError(problems)
    return placed(rows, dict(zip(earlier["patient_id"], earlier["split"], strict=True)))


def _problems(cohort: pd.DataFrame, where: str) -> list[str]:
    problems = []
    for split, cases in cohort[~cohort["split"].isin(SPLITS)].groupby("split")["case_id"]:
        have = counted(len(cases), "case has", "cases have")
        said = f"split: {have} {f'split {split!r}' if split else 'no split'} in {where}: {few_of(cases.tolist(), TEN)}"
        problems.append(f"{said}; train, val or test is needed")
    splits = cohort.drop_duplicates(["patient_id", "split"])
    torn = splits["patient_id"][splits["patient_id"].duplicated()].unique().tolist()
    if torn:
        are = counted(len(torn), "patient is", "patients are")
        said = f"split: {are} in several splits in {where}: {few_of(torn, TEN)}"
        problems.append(f"{said}; all CTs of a patient stay together")
    return problems


def _difference(here: pd.Series[str], there: pd.Series[str], path: Path) -> list[str]:
    new = sorted(set(here) - set(there))
    gone = sorted(set(there) - set(here))
    problems = []
    if new:
        are = counted(len(new), "patient is", "patients are")
        problems.append(f"split: {are} not in {path}: {few_of(new, TEN)}; take them out, or choose another split")
    if gone:
        are = counted(len(gone), "patient is", "patients are")
        problems.append(f"split: {are} in {path} alone: {few_of(gone, TEN)}; add them, or choose another split")
    return problems
