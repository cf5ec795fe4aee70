"""Is a split that is known already taken over whole, or what is missing told?"""

from pathlib import Path

import pandas as pd
import pytest

from kseg.clinical.cohort import COHORT_COLUMNS, write_cohort
from kseg.clinical.known_split import column_split, reused_split
from kseg.errors import InputError


def cohort_of(splits):
    """One case for each of (patient, split)."""
    patients, names = [patient for patient, _ in splits], [split for _, split in splits]
    cases = [f"{patient}-{ct}" for ct, patient in enumerate(patients)]
    nothing = dict.fromkeys(COHORT_COLUMNS, "") | dict.fromkeys(("age", "creatinine_umol_l", "egfr"), 50.0)
    return pd.DataFrame({**nothing, "case_id": cases, "patient_id": patients, "split": names})


def problems_of(split, *arguments, **settings):
    with pytest.raises(InputError) as caught:
        split(*arguments, **settings)
    return list(caught.value.problems)


@pytest.fixture
def earlier(tmp_path) -> Path:
    write_cohort(tmp_path / "cohort.csv", cohort_of([("P1", "test"), ("P1", "test"), ("P2", "train"), ("P3", "val")]))
    return tmp_path


def test_the_tables_column_is_the_split():
    placed = column_split(cohort_of([("P1", "test"), ("P2", "train"), ("P1", "test")]))
    assert placed["split"].tolist() == ["test", "train", "test"]


def test_everything_wrong_with_the_column_is_told():
    cohort = cohort_of([("P1", "test"), ("P1", "train"), ("P2", ""), ("P3", "Test"), ("P4", ""), ("P5", "val")])
    assert problems_of(column_split, cohort) == [
        "split: 2 cases have no split in the table: P2-2, P4-4; train, val or test is needed",
        "split: 1 case has split 'Test' in the table: P3-3; train, val or test is needed",
        "split: 1 patient is in several splits in the table: P1; all CTs of a patient stay together",
    ]


def test_a_patient_of_whom_one_case_has_no_split_is_told():
    assert len(problems_of(column_split, cohort_of([("P1", "test"), ("P1", "")]))) == 2


def test_a_table_without_splits_is_told_in_one_line():
    assert problems_of(column_split, cohort_of([("P1", ""), ("P2", "")])) == [
        "split: no patient has one in the table; fill its column split, or choose another split"
    ]


@pytest.mark.parametrize("name", ["", "cohort.csv"])
def test_another_runs_split_is_taken_from_its_folder_or_table(earlier, name):
    cohort = cohort_of([("P3", "test"), ("P2", ""), ("P1", ""), ("P1", "train"), ("P1", "")])
    placed = reused_split(cohort, cohort=earlier / name)
    assert placed["split"].tolist() == ["val", "train", "test", "test", "test"]


def test_patients_of_one_cohort_alone_are_told(earlier):
    table = earlier / "cohort.csv"
    new = [(f"N{number:02}", "") for number in range(12)]
    assert problems_of(reused_split, cohort_of([("P1", ""), *new]), cohort=earlier) == [
        f"split: 12 patients are not in {table}: {', '.join(name for name, _ in new[:10])} and 2 more; "
        "take them out, or choose another split",
        f"split: 2 patients are in {table} alone: P2, P3; add them, or choose another split",
    ]


def test_a_cohort_that_was_not_split_is_told(tmp_path):
    table = tmp_path / "cohort.csv"
    write_cohort(table, cohort_of([("P1", "")]))
    assert problems_of(reused_split, cohort_of([("P1", "")]), cohort=str(tmp_path)) == [
        f"split: 1 case has no split in {table}: P1-0; train, val or test is needed"
    ]


def test_a_folder_that_is_no_run_is_told(tmp_path):
    assert problems_of(reused_split, cohort_of([("P1", "")]), cohort=tmp_path) == [
        f"{tmp_path}/cohort.csv: no such file"
    ]
