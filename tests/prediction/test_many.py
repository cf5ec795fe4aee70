"""Of many CTs, are the sound ones outlined, the broken ones told, the finished ones left alone?"""

import os
import shutil
import sys
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import torch

from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.prediction.many import outline_all, refuse_places
from kseg.prediction.one_scan import Wanted
from kseg.runs.claim import claimed
from kseg.runs.ending import Terminated
from kseg.scans import list_scans

SHAPE = (60, 40, 30)
GRID = Grid(SHAPE, np.diag([4.0, 4.0, 4.0, 1.0]))
WANTED = Wanted(dicom_seg=False, window_hu=(-150, 300))
SETTINGS = {"weights": ["abc"]}
KIDNEYS = [np.s_[10:22, 15:27, 5:25], np.s_[38:50, 15:27, 5:25]]  # 12 x 12 x 20 voxels of 0.064 ml: 184.32 ml each


class ByBrightness(torch.nn.Module):
    """From 100 HU medulla, from 200 cortex, from 400 bone; the window from -200 to 400 HU became -1 to 1."""

    def __init__(self):
        super().__init__()
        self.windows = 0

    def forward(self, ct):
        self.windows += len(ct)
        return 20.0 * torch.cat([(ct < 0) | (ct >= 1), (ct >= 0) & (ct < 1 / 3), (ct >= 1 / 3) & (ct < 1)], 1)


@pytest.fixture
def preparation(preparation):
    return replace(preparation, spacing_mm=GRID.spacing_mm)


@pytest.fixture
def network():
    return ByBrightness()


@pytest.fixture
def make_ct():
    """A body of water in air, with kidneys: a box of 120 HU in a box of 250 HU, two voxels thick."""

    def make_ct(path, kidneys=KIDNEYS, cortex_hu=250, medulla_hu=120):
        voxels = np.full(SHAPE, -1000, np.int16)
        voxels[3:57, 3:37] = 0
        voxels[26:34, 4:8] = 700  # bone, by which a CT is known
        for kidney in kidneys:
            voxels[kidney] = cortex_hu
            voxels[tuple(slice(part.start + 2, part.stop - 2) for part in kidney)] = medulla_hu
        write_nifti(path, voxels, GRID)
        return voxels

    return make_ct


@pytest.fixture
def outline(outliner, network):
    def outline(place, output, settings=SETTINGS):
        scans, _ = list_scans(place)
        refuse_places(scans, place, output)
        return outline_all(scans, outliner(network), output, settings=settings, wanted=WANTED)

    return outline


def rows(output):
    return pd.read_csv(output / "measurements.csv").set_index("case_id")


def test_a_ct_gives_a_label_map_a_row_a_picture_and_itk_snaps_labels(make_ct, outline, tmp_path):
    voxels = make_ct(tmp_path / "cts" / "P1.nii.gz")
    assert outline(tmp_path / "cts", tmp_path / "out") == {}
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == ["P1.nii.gz", "P1.png", "labels.txt", "measurements.csv", "prediction.json"]
    label_map = nib.load(tmp_path / "out" / "P1.nii.gz")
    wanted = np.select([voxels == 250, voxels == 120], [2, 1])
    found = np.asarray(label_map.dataobj)
    assert (found[KIDNEYS[0]] == wanted[KIDNEYS[0]]).all()
    assert (found[KIDNEYS[1]] == wanted[KIDNEYS[1]]).all()
    assert (label_map.affine == GRID.affine).all()
    row = rows(tmp_path / "out").loc["P1"]
    assert row["medulla_left_ml"] == row["medulla_right_ml"] == pytest.approx(8 * 8 * 16 * 0.064, abs=0.005)
    assert row["cortex_left_ml"] == pytest.approx(184.32 - 8 * 8 * 16 * 0.064, abs=0.005)
    assert row["cortical_thickness_mm"] == pytest.approx(8, abs=0.5)  # two voxels


def test_without_contrast_the_parenchyma_alone_is_outlined_and_the_row_says_why(make_ct, outline, tmp_path):
    make_ct(tmp_path / "cts" / "P1.nii.gz", cortex_hu=206, medulla_hu=198)
    outline(tmp_path / "cts", tmp_path / "out")
    found = np.asarray(nib.load(tmp_path / "out" / "P1.nii.gz").dataobj)
    assert (found[KIDNEYS[0]] == 3).all()
    row = rows(tmp_path / "out").loc["P1"]
    assert row["parenchyma_left_ml"] == 184.32
    assert row[["cortex_ml", "medulla_ml", "cortical_fraction", "cortical_thickness_mm"]].isna().all()
    assert row["warnings"].startswith("no contrast between them: what was outlined as cortex has 206 HU")


def test_broken_cts_are_told_and_the_others_outlined(make_ct, outline, tmp_path, capsys):
    cts, output = tmp_path / "cts", tmp_path / "out"
    for number in range(3):
        make_ct(cts / f"P{number}.nii.gz")
    (cts / "empty.nii.gz").write_bytes(b"")
    (cts / "text.nii").write_text("a report")
    (cts / "short.nii.gz").write_bytes((whole := (cts / "P0.nii.gz").read_bytes())[: len(whole) // 2])
    write_nifti(cts / "windowed.nii.gz", np.random.default_rng(1).integers(0, 256, SHAPE).astype(np.uint8), GRID)
    failures = outline(cts, output)
    assert set(failures) == {"empty", "text", "short", "windowed"}
    assert "0 bytes" in failures["empty"]
    assert "as grey levels of a windowed picture do" in failures["windowed"]
    assert list(rows(output).index) == ["P0", "P1", "P2"]
    assert sorted(pd.read_csv(output / "failed.csv")["case_id"]) == sorted(failures)
    assert capsys.readouterr().out.count("failed") == 4
    assert not list(output.glob("empty*"))


def test_what_was_left_out_of_a_series_stands_in_its_row(make_ct, outliner, network, tmp_path):
    make_ct(tmp_path / "cts" / "P1.nii.gz")
    scans = [replace(scan, remarks=("IM7: is empty",)) for scan in list_scans(tmp_path / "cts")[0]]
    outline_all(scans, outliner(network), tmp_path / "out", settings=SETTINGS, wanted=WANTED)
    assert rows(tmp_path / "out").loc["P1", "warnings"] == "IM7: is empty"


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems refuse such names")
def test_names_that_are_no_utf_8_stop_nobody(make_ct, outline, tmp_path, capsys):
    cts, output = tmp_path / "cts", tmp_path / "out"
    latin = os.fsdecode(b"M\xfcller")  # in Latin-1, as of a disk that was written elsewhere
    make_ct(cts / f"{latin}.nii.gz")
    (cts / f"{latin}2.nii.gz").write_bytes(b"")
    make_ct(cts / "P0.nii.gz")
    assert list(outline(cts, output)) == ["M\ufffdller2"]
    assert list(rows(output).index) == ["M\ufffdller", "P0"]
    assert (output / "M\ufffdller.nii.gz").is_file()
    assert pd.read_csv(output / "failed.csv")["case_id"].tolist() == ["M\ufffdller2"]
    capsys.readouterr().out.encode()


def test_what_is_finished_is_not_made_again_and_what_has_changed_is(make_ct, outline, network, tmp_path, capsys):
    cts, output = tmp_path / "cts", tmp_path / "out"
    for number in range(2):
        make_ct(cts / f"P{number}.nii.gz")
    outline(cts, output)
    network.windows = 0
    before = {file.name: file.stat().st_mtime_ns for file in output.glob("P*")}
    outline(cts, output)
    assert network.windows == 0
    assert "2 of 2 CTs were done before" in capsys.readouterr().out
    make_ct(cts / "P1.nii.gz", kidneys=KIDNEYS[:1])
    outline(cts, output)
    after = {file.name: file.stat().st_mtime_ns for file in output.glob("P*")}
    assert {name for name in before if after[name] != before[name]} == {"P1.nii.gz", "P1.png"}
    assert rows(output)["parenchyma_ml"].to_dict() == {"P0": 368.64, "P1": 184.32}
    assert "one kidney only, the left one" in rows(output).loc["P1", "warnings"]


def test_a_finished_ct_that_is_now_broken_has_no_row_and_no_files_any_more(make_ct, outline, tmp_path):
    cts, output = tmp_path / "cts", tmp_path / "out"
    make_ct(cts / "P0.nii.gz")
    make_ct(cts / "P1.nii.gz")
    outline(cts, output)
    (cts / "P1.nii.gz").write_bytes(b"")
    assert set(outline(cts, output)) == {"P1"}
    assert list(rows(output).index) == ["P0"]
    names = sorted(file.name for file in output.iterdir())
    assert names == ["P0.nii.gz", "P0.png", "failed.csv", "labels.txt", "measurements.csv", "prediction.json"]
    assert outline(cts / "P0.nii.gz", output) == {}
    assert pd.read_csv(output / "failed.csv")["case_id"].tolist() == ["P1"]  # nobody knows better since
    make_ct(cts / "P1.nii.gz")
    assert outline(cts, output) == {}
    assert not (output / "failed.csv").exists()


def test_whoever_ends_it_goes_on_from_there(make_ct, outline, network, tmp_path):
    cts, output = tmp_path / "cts", tmp_path / "out"
    for number in range(3):
        make_ct(cts / f"P{number}.nii.gz")
    hook = network.register_forward_hook(lambda *_: end_at_the_second(output))
    with pytest.raises(Terminated):
        outline(cts, output)
    hook.remove()
    assert list(rows(output).index) == ["P0"]
    assert outline(cts, output) == {}
    assert list(rows(output).index) == ["P0", "P1", "P2"]


def end_at_the_second(output):
    if (output / "measurements.csv").exists():
        raise Terminated(2)


def test_other_settings_are_not_mixed_in(make_ct, outline, tmp_path):
    make_ct(tmp_path / "cts" / "P0.nii.gz")
    outline(tmp_path / "cts", tmp_path / "out")
    with pytest.raises(InputError, match="was made with other weights; give another folder as output"):
        outline(tmp_path / "cts", tmp_path / "out", settings={"weights": ["xyz"]})


def test_outlines_that_were_drawn_by_hand_are_not_overwritten(make_ct, outline, tmp_path):
    make_ct(tmp_path / "cts" / "P0.nii.gz")
    (tmp_path / "parenchyma").mkdir()
    (tmp_path / "parenchyma" / "P0.nii.gz").write_bytes(b"drawn by hand")
    with pytest.raises(InputError, match=r"holds files of P0 that predict\.py did not make"):
        outline(tmp_path / "cts", tmp_path / "parenchyma")
    (there,) = (tmp_path / "parenchyma").iterdir()
    assert there.read_bytes() == b"drawn by hand"


def test_cts_that_are_linked_to_are_not_overwritten(make_ct, outline, tmp_path):
    make_ct(tmp_path / "cts" / "P0.nii.gz")
    before = (tmp_path / "cts" / "P0.nii.gz").read_bytes()
    (tmp_path / "chosen").mkdir()
    (tmp_path / "chosen" / "P0.nii.gz").symlink_to(tmp_path / "cts" / "P0.nii.gz")
    with pytest.raises(InputError, match="give another folder as output"):
        outline(tmp_path / "chosen", tmp_path / "cts")
    assert (tmp_path / "cts" / "P0.nii.gz").read_bytes() == before


def test_a_ct_of_the_same_name_from_another_folder_does_not_replace_the_first(make_ct, outline, tmp_path):
    make_ct(tmp_path / "one" / "CT.nii.gz")
    make_ct(tmp_path / "two" / "CT.nii.gz", kidneys=KIDNEYS[:1])
    outline(tmp_path / "one", tmp_path / "out")
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    with pytest.raises(InputError, match="holds CT of other CTs of that name, from another place"):
        outline(tmp_path / "two", tmp_path / "out")
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before
    (tmp_path / "one").rename(tmp_path / "moved")
    assert outline(tmp_path / "moved", tmp_path / "out") == {}
    assert rows(tmp_path / "out")["parenchyma_ml"].to_dict() == {"CT": 368.64}


def test_two_processes_do_not_write_into_one_folder(make_ct, outline, tmp_path):
    make_ct(tmp_path / "cts" / "P0.nii.gz")
    (tmp_path / "out").mkdir()
    told = r"another predict\.py writes into it"
    with claimed(tmp_path / "out" / "prediction", wait=False), pytest.raises(InputError, match=told):
        outline(tmp_path / "cts", tmp_path / "out")


@pytest.mark.parametrize("output", ["cts", "cts/out"])
def test_label_maps_do_not_come_among_the_cts(make_ct, outline, tmp_path, output):
    make_ct(tmp_path / "cts" / "P0.nii.gz")
    with pytest.raises(InputError, match="lies among the CTs"):
        outline(tmp_path / "cts", tmp_path / output)
    with pytest.raises(InputError, match="holds the CT itself"):
        outline(tmp_path / "cts" / "P0.nii.gz", tmp_path / "cts")


def test_two_cts_of_one_name_are_refused(make_ct, outline, tmp_path):
    make_ct(tmp_path / "cts" / "P0.nii.gz")
    shutil.copy(tmp_path / "cts" / "P0.nii.gz", tmp_path / "cts" / "P0.nii")
    with pytest.raises(InputError, match=r"P0 would stand for .*P0\.nii and .*P0\.nii\.gz"):
        outline(tmp_path / "cts", tmp_path / "out")
