"""Is every id that cannot stand for a case, or for a patient, found?"""

import pandas as pd
import pytest

from kseg.clinical.ids import id_problems, path_problems, patient_problems, patient_remarks


def rows_of(*case_ids, patients=None, first_row=2):
    table = pd.DataFrame({"case_id": case_ids, "patient_id": patients or case_ids}, dtype="str")
    table.index = pd.RangeIndex(first_row, first_row + len(table))
    return table


@pytest.mark.parametrize("case_id", ["P1", "007", "患者一", "a b", "Ü-1", "x" * 200, "患" * 66, "P.1", "NA"])
def test_an_id_that_can_name_a_file_is_taken(case_id):
    assert id_problems(rows_of(case_id)) == []


@pytest.mark.parametrize(
    ("case_id", "said"),
    [
        ("a/b", "'a/b': cannot name a file; an id has no / or \\ and does not start with a point"),
        ("a\\b", "'a\\\\b': cannot name a file; an id has no / or \\ and does not start with a point"),
        ("..", "'..': cannot name a file; an id has no / or \\ and does not start with a point"),
        ("a\nb", "'a\\nb': cannot name a file; an id has no / or \\ and does not start with a point"),
        ("x" * 201, f"{'x' * 20}...: cannot name a file; an id has at most 200 bytes, this one 201"),
        ("患" * 67, f"{'患' * 20}...: cannot name a file; an id has at most 200 bytes, this one 201"),  # 3 bytes each
        ("a\udcff", "'a\\udcff': cannot name a file; its letters are not UTF-8"),
    ],
)
def test_an_id_that_cannot_name_a_file_is_told(case_id, said):
    assert id_problems(rows_of(case_id)) == [said]


def test_missing_and_doubled_ids_are_told_with_their_rows():
    rows = rows_of("P1", "", "P1", "P2", "", "P1", patients=["P1", "P9", "P1", "P2", "", "P3"])
    assert id_problems(rows) == [
        "row 6: no patient_id; every row needs one",
        "row 3: no case_id; every row needs one",
        "P1: 3 rows (2, 4, 7); keep one, or give each CT a case_id of its own",
    ]


def test_ids_that_differ_in_capitals_alone_are_told_since_files_would_collide():
    assert id_problems(rows_of("P1a", "p1A", "P2", "P1A")) == [
        "P1a and p1A and P1A: differ in capitals alone, so that on some systems their files are one; rename all but one"
    ]


def test_patients_that_differ_in_capitals_alone_are_remarked():
    rows = rows_of("1", "2", "3", "4", patients=["Wang", "WANG", "Wang", "Li"])
    assert patient_remarks(rows) == ["patients Wang and WANG differ in capitals alone and count as 2"]


def test_a_path_that_no_table_can_hold_is_told():
    """A file that was unpacked from an archive in GBK has such a name on Linux."""
    rows = rows_of("P1").assign(image="/ct/\udcc0\udcee.nii", parenchyma="/肾.nii", cortex="")
    assert path_problems(rows) == [
        "P1: the path of its image is not UTF-8, '/ct/\\udcc0\\udcee.nii'; rename the file or its folder"
    ]


@pytest.mark.parametrize("alike", [["007", "7"], ["7", "7.0"], ["P 1", "P1"]])
def test_one_patient_written_in_two_ways_is_refused(alike):
    rows = rows_of("1", "2", "3", patients=[*alike, "9"])
    said = (
        f"patients {' and '.join(alike)} differ in leading zeros, blanks or a decimal alone; write one patient one way"
    )
    assert patient_problems(rows) == [said]


def test_patients_whose_ids_differ_are_no_problem():
    assert patient_problems(rows_of("1", "2", "3", "4", patients=["P01", "P1", "70", "07"])) == []
