"""Is everything that was found put beside the case that it concerns?"""

import math

import numpy as np
import pandas as pd
import pytest

from kseg.cases.gather import Gathered
from kseg.cases.overview.attribution import lines_by_case
from kseg.cases.overview.fingerprint import take_fingerprint
from kseg.cases.overview.look import Look
from kseg.cases.overview.overview import look_over
from kseg.clinical.rows import ROW_COLUMNS
from kseg.images import Grid, Volume
from kseg.labels import Label

GROUPS = ("control", "severe")


@pytest.fixture(scope="module")
def look():
    grid = Grid((40, 40, 8), np.diag([-2.0, -2.0, 5.0, 1.0]))
    labels = np.zeros(grid.shape, np.uint8)
    labels[10:20, 10:20, 2:6] = Label.UNDIVIDED
    return Look(take_fingerprint(Volume(np.where(labels, 120, -60), grid), labels), "data:image/jpeg;base64,AAAA")


def rows_of(*cases):
    rows = pd.DataFrame({"case_id": cases, "patient_id": cases}).reindex(columns=list(ROW_COLUMNS), fill_value="")
    return rows.assign(age=50.0, creatinine_umol_l=math.nan, egfr=math.nan, sex="F")


def test_a_line_belongs_to_the_case_that_it_names_in_front():
    lines = ["P1: cortex is empty", "clinical.csv row 3 (P2): age 'x'; a number is needed", "P11: gone", "all is lost"]
    assert lines_by_case(lines, ["P1", "P2", "P3"]) == {
        "P1": ["cortex is empty"],
        "P2": ["age 'x'; a number is needed"],
    }


def test_a_case_may_be_called_with_a_colon_or_brackets():
    lines = ["a: b: cortex is empty", "P (2): gone", "a: other"]
    assert lines_by_case(lines, ["a: b", "P (2)"]) == {"a: b": ["cortex is empty"], "P (2)": ["gone"]}


def test_problems_and_remarks_stand_in_the_row_of_their_case(look):
    rows = rows_of("P1", "P2")
    said = ("P2: cortex is empty", "P2: no such file", "the split leaves nobody")
    overview = look_over(Gathered(rows, said, ("P1: 3 voxels are dropped",), {"P1": look}, rows), GROUPS)
    assert overview.cases["problems"].tolist() == ["", "cortex is empty\nno such file"]
    assert overview.cases["remarks"].tolist() == ["3 voxels are dropped", ""]
    assert overview.pictures == {"P1": look.picture}
    assert overview.counts == "2 CTs of 2 patients: 3 problems, 1 remark"


def test_a_row_that_could_not_join_the_cohort_is_shown_with_what_is_wrong(look):
    rows = rows_of("P1", "P2", "P3", "P4")
    problems = ("clinical.csv row 3 (P2): age 'x'; a number is needed",)
    found = Gathered(rows.iloc[:1], problems, ("1 case is left out: P4",), {"P1": look, "P2": look, "P3": look}, rows)
    overview = look_over(found, GROUPS)
    assert overview.cases["case_id"].tolist() == ["P1", "P2", "P3"]  # P4 was left out, which is no fault
    assert overview.cases["problems"].tolist() == ["", "age 'x'; a number is needed", ""]


def test_rows_without_an_id_or_with_anothers_are_told_but_have_no_place(look):
    rows = rows_of("P1", "P1", "")
    problems = ("P1: 2 rows (2, 3); keep one", "row 4: no patient_id; every row needs one")
    overview = look_over(Gathered(rows, problems, (), {"P1": look}, rows), GROUPS)
    assert overview.cases["case_id"].tolist() == ["P1"]
    assert overview.cases["problems"].tolist() == ["2 rows (2, 3); keep one"]
    assert overview.problems == problems


def test_a_split_without_validation_is_remarked(look):
    rows = rows_of("P1", "P2").assign(split=["train", "test"])
    (told,) = look_over(Gathered(rows, (), (), {"P1": look}, rows), GROUPS).remarks
    assert "leaves nobody for val" in told
    rows["split"] = ["train", "val"]
    assert look_over(Gathered(rows, (), (), {"P1": look}, rows), GROUPS).remarks == ()
