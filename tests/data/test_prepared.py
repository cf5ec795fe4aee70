import dataclasses
import json
import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from kseg.data.prepared import prepare_cases
from kseg.data.recipe import folder_name, ingredients
from kseg.errors import InputError
from kseg.images import Grid, write_nifti


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
    cases[4].image.unlink()
    with pytest.raises(InputError) as told:
        prepare_cases(cases, preparation, tmp_path / "prepared")
    assert sorted(problem.split(":")[0] for problem in told.value.problems) == ["P001", "P003", "P004"]
    assert sorted(path.name[:4] for path in (tmp_path / "prepared").iterdir()) == ["P000", "P002"]


@pytest.mark.parametrize(
    "change",
    [
        {"spacing_mm": (2.0, 2.0, 2.5)},
        {"body_hu": -400},
        {"ct_interpolation": "cubic"},
        {"crop": "kidneys", "margin_mm": 4.0},
    ],
)
def test_whatever_changes_a_prepared_case_gives_it_another_name(cases, preparation, change):
    assert name_of(cases[0], dataclasses.replace(preparation, **change)) != name_of(cases[0], preparation)


def test_what_changes_nothing_changes_no_name(cases, preparation):
    name = name_of(cases[0], preparation)
    assert name_of(cases[0], dataclasses.replace(preparation, margin_mm=30.0)) == name  # of the body there is no margin
    assert name_of(cases[0], dataclasses.replace(preparation, spacing_mm=[2, 2, 2], body_hu=-500.0)) == name
    assert name_of(dataclasses.replace(cases[0], group="severe", split="test"), preparation) == name


def test_other_values_of_the_same_outline_are_prepared_anew(cases, preparation):
    counted = dataclasses.replace(cases[0].cortex, values=(1,))
    undecided = dataclasses.replace(cases[0].cortex, values=(1,), undecided=(2,))
    names = {
        name_of(dataclasses.replace(cases[0], cortex=outline), preparation)
        for outline in (cases[0].cortex, counted, undecided, None)
    }
    assert len(names) == 4


def test_only_cases_that_are_trained_on_are_cropped_to_their_kidneys(cases, preparation, tmp_path):
    # parenchyma lies in voxels 3 to 20, 5 to 14 and 4 to 11 of a body of 24 x 20 x 16, of 2 mm
    kidneys = dataclasses.replace(preparation, crop="kidneys", margin_mm=4.0)
    splits = ("train", "val", "test", "")
    cohort = [dataclasses.replace(case, split=split) for case, split in zip(cases, splits, strict=False)]
    shapes = [one.ct_hu().shape for one in prepare_cases(cohort, kidneys, tmp_path / "prepared")]
    assert shapes == [(22, 14, 12), *[(24, 20, 16)] * 3]


def test_any_number_of_workers_makes_the_same_bytes(cases, preparation, tmp_path):
    finer = dataclasses.replace(preparation, spacing_mm=(1.3, 1.7, 2.9), ct_interpolation="cubic")
    made = [
        [content_of(one.folder) for one in prepare_cases(cases, finer, tmp_path / str(workers), workers=workers)]
        for workers in (1, 2, 5)
    ]
    assert made[0] == made[1] == made[2]


def test_a_prepared_case_says_what_it_was_made_from(prepared, cases):
    made_from = json.loads((prepared[0].folder / "contents.json").read_text())["made_from"]
    assert (made_from["image"], made_from["spacing_mm"]) == (str(cases[0].image), [2, 2, 2])


def test_settings_that_make_no_sense_are_told_before_anything_is_read(cases, preparation, tmp_path):
    with pytest.raises(InputError, match=r"prepare\.crop is 'head'; body or kidneys is needed"):
        prepare_cases(cases, dataclasses.replace(preparation, crop="head"), tmp_path / "prepared")
    assert not (tmp_path / "prepared").exists()


def test_an_outline_on_another_grid_is_told(cases, preparation, tmp_path):
    write_nifti(cases[2].parenchyma.files[0], np.ones((9, 9, 9), np.uint8), Grid((9, 9, 9), np.eye(4)))
    alone = dataclasses.replace(cases[2], cortex=None)
    with pytest.raises(InputError, match=r"P002: .* lies on another grid than .*images/P002"):
        prepare_cases([alone], preparation, tmp_path / "prepared")


def test_opening_cases_again_and_again_leaves_no_file_open_and_no_memory_mapped(prepared):
    def held():
        return len(os.listdir("/proc/self/fd")), Path("/proc/self/maps").read_text().count("places_")

    def cut(one):
        centre = one.places("cortex")[7]
        box = tuple(slice(max(0, place - 4), place + 4) for place in centre)
        return int(one.ct_hu()[box].sum()) + int(one.label_map()[box].sum())

    cut(prepared[0])
    before = held()
    assert len({cut(one) for _ in range(40) for one in prepared}) == len(prepared)
    assert held() == before


def test_a_file_that_is_cut_off_after_preparing_is_told_when_it_is_opened(prepared):
    assert prepared[0].ct_hu().shape == (24, 20, 16)
    os.truncate(prepared[0].folder / "ct.nii", 5000)
    with pytest.raises(InputError, match=r"ct\.nii: cannot be mapped .*; start again"):
        prepared[0].ct_hu()


def name_of(case, preparation):
    return folder_name(case, ingredients(case, preparation))


def content_of(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
