"""Are a folder's files found by a pattern, and nothing else?"""

import os

import pytest

from kseg.cases.layout.files import as_pattern, contents, find_files, missing_folders, open_root
from kseg.errors import InputError


def made(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def found(root, pattern):
    return {
        case: str(path.relative_to(root)) for case, path in find_files(root, {"image": pattern}).files["image"].items()
    }


@pytest.mark.parametrize(
    ("pattern", "files", "cases"),
    [
        ("images", ["images/P2.nii", "images/P1.nii.gz", "images/P3.nrrd"], ["P1", "P2", "P3"]),
        ("images/{case_id}", ["images/P1.nii.gz"], ["P1"]),
        ("images/{case_id}.nii.gz", ["images/P1.nii"], ["P1"]),
        ("ct/all/{case_id}", ["ct/all/P1.nii.gz", "ct/P2.nii.gz"], ["P1"]),
        ("{case_id}/imaging", ["case_1/imaging.nii.gz", "case_1/other.nii.gz", "imaging.nii.gz"], ["case_1"]),
        ("imagesTr/{case_id}_0000", ["imagesTr/P1_0000.nii.gz", "imagesTr/P1_0001.nii.gz"], ["P1"]),
        ("imagesTr/{case_id}_0000", ["imagesTr/_0000.nii.gz", "imagesTr/P_0000_0000.nii.gz"], ["P_0000"]),
        (
            "{case_id}/seg/kidney_left",
            ["s1/seg/kidney_left.nii.gz", "s2/seg/kidney_right.nii.gz", "s3/kidney_left.nii"],
            ["s1"],
        ),
        ("pat_{case_id}/ct", ["pat_7/ct.nii.gz", "other_8/ct.nii.gz"], ["7"]),
        ("images", ["images/王 芳.nii.gz", "images/P 1.NII.GZ"], ["P 1", "王 芳"]),
    ],
)
def test_a_pattern_finds_its_cases(tmp_path, pattern, files, cases):
    made(tmp_path, *files)
    assert list(found(tmp_path, pattern)) == cases


def test_the_file_of_a_case_is_given(tmp_path):
    made(tmp_path, "case_1/imaging.nii.gz")
    assert found(tmp_path, "{case_id}/imaging") == {"case_1": "case_1/imaging.nii.gz"}


def test_hidden_and_other_files_and_folders_are_left_alone(tmp_path):
    made(
        tmp_path,
        "images/.P1.nii.gz",
        "images/._P2.nii.gz",
        "images/notes.txt",
        "images/P3.nii.gz/P3.nii",
        "images/P4.dcm",
    )
    assert found(tmp_path, "images") == {}


def test_two_files_of_a_case_are_a_problem_once(tmp_path):
    made(tmp_path, "ct/new/P1.nii", "ct/new/P1.nii.gz")
    layout = find_files(tmp_path, {"parenchyma": "ct/new", "cortex": "ct/new"})
    assert layout.problems == ("P1: P1.nii and P1.nii.gz both lie in ct/new/; keep one",)


def test_a_place_may_lie_outside_the_root(tmp_path):
    made(tmp_path, "scans/P1.nii.gz", "root/clinical.csv")
    assert list(find_files(tmp_path / "root", {"image": "../scans"}).files["image"]) == ["P1"]
    assert list(find_files(tmp_path / "root", {"image": str(tmp_path / "scans")}).files["image"]) == ["P1"]


def test_the_case_stands_in_a_pattern_once():
    with pytest.raises(InputError, match="names the case twice"):
        as_pattern("{case_id}/{case_id}_ct")


def test_folders_that_are_missing_are_told_with_what_is_there(tmp_path):
    root = made(tmp_path / "clinic", "kortex/P1.nii.gz", "images/P1.nii.gz", ".hidden", "notes.txt")
    patterns = {"image": "images", "parenchyma": "labels", "cortex": "labels/{case_id}"}
    assert missing_folders(root, patterns) == [
        f"{root}/labels: no such folder; clinic holds images/, kortex/, notes.txt"
    ]
    assert missing_folders(root, {"image": "{case_id}/ct"}) == []


def test_of_a_full_folder_ten_names_are_told(tmp_path):
    made(tmp_path, *(f"{number:02d}.txt" for number in range(12)))
    assert (
        contents(tmp_path)
        == "00.txt, 01.txt, 02.txt, 03.txt, 04.txt, 05.txt, 06.txt, 07.txt, 08.txt, 09.txt and 2 more"
    )


def test_a_root_may_begin_at_home_and_hold_any_character(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    made(tmp_path, "肾 CT/images/P1.nii.gz")
    assert open_root("~/肾 CT", "CTs") == tmp_path / "肾 CT"


@pytest.mark.parametrize(("name", "came"), [("nowhere", "no such folder"), ("file", "is a file, no folder")])
def test_a_root_that_is_none_is_told(tmp_path, name, came):
    made(tmp_path, "file")
    with pytest.raises(InputError) as told:
        open_root(tmp_path / name, "KiTS")
    assert str(told.value) == f"{tmp_path / name}: {came}; set data.root to the folder of KiTS"


def test_each_folder_is_listed_once(tmp_path, monkeypatch):
    made(tmp_path, "s1/ct.nii.gz", "s1/seg/left.nii.gz", "s1/seg/right.nii.gz")
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: (listed.append(folder), scandir(folder))[1])
    find_files(tmp_path, {"image": "{case_id}/ct", "left": "{case_id}/seg/left", "right": "{case_id}/seg/right"})
    assert sorted(listed) == [tmp_path, tmp_path / "s1", tmp_path / "s1" / "seg"]
