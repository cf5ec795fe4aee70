"""Does a folder of predictions know what is finished, and by what it was made?"""

import os
from pathlib import Path

import pytest

from kseg.errors import InputError
from kseg.prediction.made import open_made, stamp_of

SETTINGS = {"weights": ["abc"], "preparation": {"spacing_mm": [2, 2, 2]}}
CT = Path("cts/0012.nii.gz")
ROW = {"parenchyma_ml": 300.25, "cortex_ml": float("nan"), "warnings": ""}


@pytest.fixture
def folder(tmp_path):
    """Of one case that is done: a row, a label map, a picture."""
    made = open_made(tmp_path / "out", SETTINGS)
    made.folder.mkdir()
    made.begin()
    for file in files(made, "0012"):
        file.write_bytes(b"whole")
    made.keep("0012", "10 20", ROW, CT)
    return made.folder


def files(made, name):
    return [made.label_map(name), made.picture(name)]


def test_what_was_kept_is_done_in_the_next_process_too(folder):
    made = open_made(folder, SETTINGS)
    assert made.is_done("0012", "10 20", files(made, "0012"))
    assert made.rows["0012"]["parenchyma_ml"] == 300.25
    assert not made.is_done("0013", "10 20", files(made, "0012"))


def test_a_ct_that_has_changed_since_is_not_done(folder):
    made = open_made(folder, SETTINGS)
    assert not made.is_done("0012", "11 20", files(made, "0012"))


@pytest.mark.parametrize("missing", ["0012.nii.gz", "0012.png", "measurements.csv"])
def test_a_case_without_one_of_its_parts_is_not_done(folder, missing):
    (folder / missing).unlink()
    made = open_made(folder, SETTINGS)
    assert not made.is_done("0012", "10 20", files(made, "0012"))


def test_a_case_that_is_made_anew_has_no_row_until_it_is_whole(folder):
    made = open_made(folder, SETTINGS)
    made.keep("0013", "1 1", ROW, CT)
    made.forget("0012")
    assert set(open_made(folder, SETTINGS).rows) == {"0013"}
    made.forget("0013")
    assert not made.measurements.exists()
    assert open_made(folder, SETTINGS).rows == {}


@pytest.mark.parametrize(
    "other", [{**SETTINGS, "weights": ["xyz"]}, {"weights": ["abc"]}, {**SETTINGS, "mirror_axes": [0]}]
)
def test_other_weights_or_settings_are_not_mixed(folder, other):
    with pytest.raises(InputError, match=r"was made with other (weights|preparation|mirror axes); give another folder"):
        open_made(folder, other)


def test_a_table_of_unknown_origin_is_not_added_to(tmp_path):
    (tmp_path / "measurements.csv").write_text("case_id\nP1\n")
    with pytest.raises(InputError, match="is there already, of another origin"):
        open_made(tmp_path, SETTINGS)


@pytest.mark.parametrize("content", ["", "[]", "made_by: {}", '{"made_by": 3, "cts": {}}'])
def test_a_note_that_was_changed_is_told(folder, content):
    (folder / "prediction.json").write_text(content)
    with pytest.raises(InputError, match="is not what kseg wrote there"):
        open_made(folder, SETTINGS)


def test_what_a_kill_left_half_written_is_cleared_away(folder):
    half = folder / ".0013.nii.gz.4711.partial"
    half.write_bytes(b"ha")
    open_made(folder, SETTINGS).begin()
    assert not half.exists()


def test_names_that_a_spreadsheet_would_run_come_back_as_they_were(folder):
    made = open_made(folder, SETTINGS)
    made.keep("=cmd", "1 1", ROW, CT)
    assert ",'=cmd" in f",{made.measurements.read_text()}".replace("\n", ",")
    assert "=cmd" in open_made(folder, SETTINGS).rows


def test_failures_stand_in_a_table_until_there_are_none(folder):
    made = open_made(folder, SETTINGS)
    made.tell_failed({"P3": "is empty, 0 bytes"}, ["P3"])
    assert made.failed.read_text() == 'case_id,problem\nP3,"is empty, 0 bytes"\n'
    made.tell_failed({}, ["P3"])
    assert not made.failed.exists()


def test_failures_of_cts_that_were_not_handed_in_again_stay(folder):
    open_made(folder, SETTINGS).tell_failed({"007": "is empty", "P5": "is no CT"}, ["007", "P5"])
    open_made(folder, SETTINGS).tell_failed({"P4": "is empty"}, ["P4", "P5"])
    assert open_made(folder, SETTINGS).failed.read_text() == "case_id,problem\n007,is empty\nP4,is empty\n"


def test_what_was_made_of_a_case_goes_with_it_and_nothing_else(folder):
    drawn = folder / "0013.dcm"
    drawn.write_bytes(b"drawn by hand")
    made = open_made(folder, SETTINGS)
    made.start("0013", files(made, "0013"))
    for file in files(made, "0013"):
        file.write_bytes(b"whole")
    made.keep("0013", "1 1", ROW, CT)
    made = open_made(folder, SETTINGS)
    made.drop("0013")
    assert not any(file.exists() for file in files(made, "0013"))
    assert drawn.read_bytes() == b"drawn by hand"
    assert set(open_made(folder, SETTINGS).rows) == {"0012"}
    assert all(file.exists() for file in files(made, "0012"))
    files(made, "0013")[0].write_bytes(b"drawn by hand")
    made.drop("0013")
    assert files(made, "0013")[0].exists()


def test_a_case_of_a_folder_that_names_no_files_yet_is_dropped_with_its_label_map_and_picture(folder):
    made = open_made(folder, SETTINGS)  # whose case was never started: as folders were made before
    made.segmentation("0012").write_bytes(b"of unknown origin")
    made.drop("0012")
    assert not any(file.exists() for file in files(made, "0012"))
    assert made.segmentation("0012").exists()


def test_a_stamp_changes_with_any_file_of_a_series(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.dcm").write_bytes(b"12345")
        os.utime(tmp_path / f"{number}.dcm", ns=(number, number))
    series = sorted(tmp_path.iterdir())
    assert stamp_of(series) == "3 15 2"
    os.utime(series[1], ns=(9, 9))
    assert stamp_of(series) == "3 15 9"
    assert stamp_of(series[:1]) == "1 5 0"
