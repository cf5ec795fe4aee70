"""Does every row of a table get its own files, and is everything told that lacks its counterpart?"""

import unicodedata
from pathlib import Path

import pytest

from kseg.cases.layout.files import find_files
from kseg.cases.layout.matching import match_files

KINDS = {"image": "images", "parenchyma": "parenchyma", "cortex": "cortex"}


def add(root, folder, *cases, suffix=".nii.gz"):
    """Files alone: nothing but their names is looked at."""
    (root / folder).mkdir(exist_ok=True)
    for case in cases:
        (root / folder / f"{case}{suffix}").touch()


def add_whole(root, *cases):
    for folder in KINDS.values():
        add(root, folder, *cases)


def matched(root, *case_ids, table="clinical.csv"):
    return match_files(case_ids, find_files(root, KINDS), table)


def problems_of(root, *case_ids):
    return list(matched(root, *case_ids).problems)


def test_every_case_gets_its_own_files(tmp_path):
    add_whole(tmp_path, "P1", "P2")
    found = matched(tmp_path, "P2", "P1")
    assert found.files["cortex"] == {case: tmp_path / "cortex" / f"{case}.nii.gz" for case in ("P1", "P2")}
    assert found.problems == found.remarks == ()


# names


@pytest.mark.parametrize(
    ("row", "file"),
    [("7", "007"), ("007", "7"), ("0", "00"), ("p9", "P9"), ("André", unicodedata.normalize("NFD", "André"))],
)
def test_names_that_say_the_same_are_matched_and_remarked(tmp_path, row, file):
    add_whole(tmp_path, "P1", file)
    found = matched(tmp_path, "P1", row)
    assert found.problems == ()
    assert found.files["image"][row] == tmp_path / "images" / f"{file}.nii.gz"
    assert found.remarks == (f"1 case is called otherwise by clinical.csv than by the files: {row} ({file})",)


def test_names_that_could_be_two_are_a_problem(tmp_path):
    add_whole(tmp_path, "P1")
    add(tmp_path, "images", "7", "07", "007")
    add(tmp_path, "parenchyma", "07")
    assert problems_of(tmp_path, "P1", "0007") == [
        "0007: 007 or 07 or 7 in images/ may be meant; call rows and files the same"
    ]


def test_two_rows_that_could_be_one_file_are_a_problem(tmp_path):
    add_whole(tmp_path, "7", "P1")
    assert problems_of(tmp_path, "P1", "07", "007") == [
        f"{case}: 7 in {folder}/ may be meant; call rows and files the same"
        for folder in KINDS.values()
        for case in ("07", "007")
    ]


def test_an_exact_name_goes_before_a_similar_one(tmp_path):
    add_whole(tmp_path, "P1", "p1")
    found = matched(tmp_path, "p1", "P1")
    assert {case: path.name for case, path in found.files["image"].items()} == {"p1": "p1.nii.gz", "P1": "P1.nii.gz"}
    assert found.problems == found.remarks == ()


@pytest.mark.parametrize(("row", "file"), [("P7", "P07"), ("P1", "P1 "), ("1.0", "1"), ("P1_0000", "P1")])
def test_names_that_say_something_else_are_not_matched(tmp_path, row, file):
    add_whole(tmp_path, file)
    assert [problem.partition(":")[0] for problem in problems_of(tmp_path, row)] == [row, file]


def test_an_id_that_can_name_no_file_is_left_to_the_tables_own_check(tmp_path):
    add_whole(tmp_path, "P1")
    assert problems_of(tmp_path, "P1", "../P1", "") == []


# what is missing


def test_missing_files_are_told_by_case(tmp_path):
    add_whole(tmp_path, "P0")
    add(tmp_path, "images", "P2")
    assert problems_of(tmp_path, "P2", "P0", "P1") == [
        "P2: no parenchyma/P2.nii.gz, nor as .nii, .nrrd, .mha or .mhd; add what is missing or take out the row",
        "P1: no images/P1.nii.gz and no parenchyma/P1.nii.gz, nor as .nii, .nrrd, .mha or .mhd; "
        "add what is missing or take out the row",
    ]


def test_files_that_no_row_names_are_told(tmp_path):
    add_whole(tmp_path, "P1")
    add(tmp_path, "images", "P3")
    add(tmp_path, "cortex", "P3", "p4")
    assert problems_of(tmp_path, "P1") == [
        "P3: lies in images/, cortex/ but has no row in clinical.csv; add the row or take the files out",
        "p4: lies in cortex/ but has no row in clinical.csv; add the row or take the files out",
    ]


def test_two_files_of_one_case_are_told(tmp_path):
    add_whole(tmp_path, "P1")
    add(tmp_path, "images", "P1", suffix=".nii")
    assert problems_of(tmp_path, "P1") == ["P1: P1.nii and P1.nii.gz both lie in images/; keep one"]


def test_cases_without_a_cortex_outline_are_remarked_in_one_line(tmp_path):
    bare = [f"Q{number:02d}" for number in range(11)]
    add_whole(tmp_path, "P1")
    for folder in ("images", "parenchyma"):
        add(tmp_path, folder, *bare)
    found = matched(tmp_path, "P1", *bare)
    assert found.problems == ()
    assert list(found.files["cortex"]) == ["P1"]
    assert found.remarks == (
        "11 cases have no cortex outline; they teach and are scored on the parenchyma alone: "
        "Q00, Q01, Q02, Q03, Q04, Q05, Q06, Q07, Q08, Q09 and 1 more",
    )


def test_a_cortex_folder_in_which_no_case_has_an_outline_is_a_problem(tmp_path):
    add_whole(tmp_path, "P1")
    (tmp_path / "cortex" / "P1.nii.gz").unlink()
    assert problems_of(tmp_path, "P1") == [
        "cortex/: no case has a cortex outline there; add them, or set data.cortex=null where none was drawn"
    ]


def test_names_of_a_folder_a_case_are_told_by_their_pattern(tmp_path):
    (tmp_path / "P1").mkdir()
    Path(tmp_path, "P1", "ct.nii.gz").touch()
    layout = find_files(tmp_path, {"image": "{case_id}/ct", "parenchyma": "{case_id}/kidney"})
    assert match_files(["P2"], layout, "clinical.csv").problems == (
        "P2: no P2/ct.nii.gz and no P2/kidney.nii.gz, nor as .nii, .nrrd, .mha or .mhd; "
        "add what is missing or take out the row",
        "P1: lies in {case_id}/ct but has no row in clinical.csv; add the row or take the files out",
    )
