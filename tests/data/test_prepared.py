import dataclasses
import os

import nibabel as nib
import numpy as np
import pytest

from kseg.data.prepared import prepare_cases
from kseg.errors import InputError
from kseg.images import read_volume


def test_a_prepared_case_holds_the_ct_and_the_labels_of_the_clinic(prepared, cases):
    one, case = prepared[0], cases[0]
    assert np.array_equal(one.ct_hu(), np.asarray(nib.load(case.image).dataobj))  # the same grid: nothing is resampled
    parenchyma, cortex = (np.asarray(nib.load(path).dataobj) for path in (*case.parenchyma.files, *case.cortex.files))
    assert np.array_equal(one.label_map(), parenchyma + cortex)


def test_places_are_the_voxels_of_each_structure(prepared):
    labels = prepared[0].label_map()
    for structure, label in {"medulla": 1, "cortex": 2}.items():
        assert np.array_equal(prepared[0].places(structure), np.argwhere(labels == label))


def test_without_a_cortex_outline_the_parenchyma_is_undivided(cases, preparation, tmp_path):
    whole = dataclasses.replace(cases[0], cortex=None)
    (one,) = prepare_cases([whole], preparation, tmp_path / "prepared")
    assert set(np.unique(one.label_map())) == {0, 3}
    assert len(one.places("cortex")) == 0


def test_volumes_are_mapped_and_open_in_any_viewer(prepared):
    assert isinstance(prepared[0].ct_hu(), np.memmap)
    assert nib.load(prepared[0].folder / "ct.nii").get_data_dtype() == np.int16


def test_unchanged_cases_are_found_again(prepared, cases, preparation, tmp_path):
    made = {one.folder: one.folder.stat().st_mtime_ns for one in prepared}
    again = prepare_cases(cases, preparation, tmp_path / "prepared")
    assert {one.folder: one.folder.stat().st_mtime_ns for one in again} == made


def test_other_settings_lie_beside_and_another_window_needs_nothing_new(prepared, cases, preparation, tmp_path):
    finer = dataclasses.replace(preparation, spacing_mm=(1.0, 1.0, 1.0))
    windowed = dataclasses.replace(preparation, window_hu=(-100, 300))
    assert not {one.folder for one in prepare_cases(cases, finer, tmp_path / "prepared")} & {
        one.folder for one in prepared
    }
    assert prepare_cases(cases, windowed, tmp_path / "prepared") == prepared


def test_a_redrawn_outline_is_prepared_anew(prepared, cases, preparation, tmp_path):
    os.utime(cases[0].cortex.files[0], ns=(1, 1))
    again = prepare_cases(cases, preparation, tmp_path / "prepared")
    assert again[0].folder != prepared[0].folder
    assert again[1:] == prepared[1:]


def test_a_bad_case_is_told_and_the_others_are_prepared(cases, preparation, tmp_path):
    cases[1].image.write_bytes(b"no CT")
    cases[3].cortex.files[0].write_bytes(b"no outline")
    with pytest.raises(InputError) as told:
        prepare_cases(cases, preparation, tmp_path / "prepared")
    assert [problem.split(":")[0] for problem in told.value.problems] == ["P001", "P003"]
    assert len([path for path in (tmp_path / "prepared").iterdir() if not path.name.startswith(".")]) == 3


def test_an_interrupted_preparation_leaves_nothing_that_is_read(cases, preparation, tmp_path, monkeypatch):
    def break_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kseg.data.prepared.write_atomically", break_off)
        with pytest.raises(KeyboardInterrupt):
            prepare_cases(cases[:1], preparation, tmp_path / "prepared", workers=1)
    assert list((tmp_path / "prepared").iterdir()) == []
    (one,) = prepare_cases(cases[:1], preparation, tmp_path / "prepared")
    assert read_volume(one.folder / "label_map.nii").grid.shape == one.ct_hu().shape
