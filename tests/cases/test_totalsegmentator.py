"""Is a copy of TotalSegmentator's dataset read: two kidneys in two files, meta.csv, subjects without kidneys?

The fake folders follow version 2.0.1 of the dataset, https://doi.org/10.5281/zenodo.10047292.
"""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.check.cohort import check_cases
from kseg.cases.gather import gather_cohort
from kseg.cases.totalsegmentator import read_totalsegmentator
from kseg.clinical.cohort import cases_of
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.outlines import read_outlines

CONF = Path(__file__).parents[2] / "conf"
GRID = Grid((60, 40, 12), np.diag([1.5, 1.5, 1.5, 1.0]))
META = "image_id;age;gender;institute;study_type;split;manufacturer;scanner_model;kvp;pathology;pathology_location\n"
LEFT, RIGHT, CYST = np.s_[8:16, 10:18, 3:9], np.s_[40:48, 10:18, 3:9], np.s_[16:18, 10:12, 3:5]


def add_subject(root, name, *, kidneys=True, cyst=False):
    """Two kidneys of 6 x 8 x 8 voxels, beside the left one a cyst of 8."""
    parts = {"kidney_left": LEFT, "kidney_right": RIGHT, "kidney_cyst_left": CYST, "kidney_cyst_right": None}
    ct = np.full(GRID.shape, -100, np.int16)
    ct[:, :2] = -1000
    for part, where in parts.items():
        mask = np.zeros(GRID.shape, np.uint8)
        if where is not None and (cyst if "cyst" in part else kidneys):
            mask[where] = 1
            ct[where] = 10 if "cyst" in part else 150
        write_nifti(root / name / "segmentations" / f"{part}.nii.gz", mask, GRID)
    write_nifti(root / name / "ct.nii.gz", ct, GRID)


def add_names(root, *subjects, parts=("kidney_left", "kidney_right", "kidney_cyst_left", "kidney_cyst_right", "liver")):
    """Files alone: the importer looks at nothing but their names."""
    for subject in subjects:
        (root / subject / "segmentations").mkdir(parents=True)
        (root / subject / "ct.nii.gz").touch()
        for part in parts:
            (root / subject / "segmentations" / f"{part}.nii.gz").touch()


def test_a_subject_is_read_with_both_kidneys_and_what_meta_tells(tmp_path):
    add_names(tmp_path, "s0000", "s0011")
    meta = f"\ufeff{META}s0011;61;f;C;ct abdomen;val;siemens;x;120;no_pathology;\ns0000;19.5;m;A;ct;train;ge;;;;\n"
    (tmp_path / "meta.csv").write_text(meta, encoding="utf-8")
    imported = read_totalsegmentator(tmp_path)
    assert imported.rows[["case_id", "sex", "age", "split"]].to_numpy().tolist() == [
        ["s0000", "M", 19.5, "train"],
        ["s0011", "F", 61, "val"],
    ]
    folder = tmp_path / "s0000"
    assert imported.rows["image"][1] == str(folder / "ct.nii.gz")
    assert imported.rows["parenchyma"][1] == (
        f"{folder}/segmentations/kidney_left.nii.gz + {folder}/segmentations/kidney_right.nii.gz"
    )
    assert imported.rows["cortex"].tolist() == ["", ""]
    assert imported.rows[["creatinine_umol_l", "egfr"]].isna().all(axis=None)
    assert imported.problems == imported.remarks == ()


@pytest.mark.parametrize(("lesions", "voxels"), [("apart", 2 * 6 * 8 * 8), ("parenchyma", 2 * 6 * 8 * 8 + 8)])
def test_kidneys_are_joined_and_cysts_by_wish(tmp_path, lesions, voxels):
    add_subject(tmp_path, "s0000", cyst=True)
    (case,) = cases_of(read_totalsegmentator(tmp_path, lesions=lesions).rows)
    assert np.count_nonzero(read_outlines(case.parenchyma, case.cortex).voxels) == voxels


def test_what_is_missing_is_counted(tmp_path):
    add_names(tmp_path, "s0000", "s0001", "s0003")
    add_names(tmp_path, "s0002", parts=["kidney_left", "liver"])
    (tmp_path / "meta.csv").write_text(f"{META}s0000;;x;A;ct;test;ge;;;;\ns0001;40;m;A;ct;;ge;;;;\ns0009;9;m;;;;;;;;\n")
    imported = read_totalsegmentator(tmp_path)
    assert imported.rows["case_id"].tolist() == ["s0000", "s0001", "s0003"]
    assert math.isnan(imported.rows["age"][1])
    assert imported.problems == ()
    assert imported.remarks == (
        "1 subject lacks an outline of a kidney, left out: s0002",
        "meta.csv: 2 subjects have no sex: s0000, s0003",
        "meta.csv: 2 subjects have no age: s0000, s0003",
        "meta.csv: 2 subjects have no split: s0001, s0003",
    )


def test_subjects_without_outlines_of_cysts_are_told_where_cysts_are_wanted(tmp_path):
    add_names(tmp_path, "s0000", parts=["kidney_left", "kidney_right"])
    assert read_totalsegmentator(tmp_path, lesions="parenchyma").remarks == (
        "1 subject lacks an outline of cysts, which cannot be counted as parenchyma: s0000",
        "no meta.csv: subjects without sex, age and the set's own split",
    )


def test_a_subject_without_a_ct_is_a_problem(tmp_path):
    add_names(tmp_path, "s0000")
    (tmp_path / "s0000" / "ct.nii.gz").unlink()
    assert read_totalsegmentator(tmp_path).problems == (
        "1 subject has no ct.nii.gz: s0000; download them again, or take the folders out",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"image_id,age,gender\ns0000,40,m\n", "no column image_id, separated by semicolons; download it again"),
        (b"", "no column image_id, separated by semicolons; download it again"),
        (b"image_id;age\ns0000;\xff\n", "not readable as a table ('utf-8' codec can't decode byte 0xff in position 19: "
         "invalid start byte); download it again"),
    ],
)  # fmt: skip
def test_a_meta_file_that_cannot_be_used_is_a_problem(tmp_path, content, said):
    add_names(tmp_path, "s0000")
    (tmp_path / "meta.csv").write_bytes(content)
    imported = read_totalsegmentator(tmp_path)
    assert imported.problems == (f"{tmp_path}/meta.csv: {said}",)
    assert imported.rows["case_id"].tolist() == ["s0000"]


def test_a_folder_without_subjects_tells_what_it_holds(tmp_path):
    (tmp_path / "Totalsegmentator_dataset_v201").mkdir()
    with pytest.raises(InputError) as told:
        read_totalsegmentator(tmp_path)
    assert str(told.value) == (
        f"{tmp_path}: no subjects; folders such as s0000 with ct.nii.gz and segmentations/kidney_left.nii.gz are needed"
        f"; {tmp_path.name} holds Totalsegmentator_dataset_v201/"
    )


def test_subjects_that_show_no_kidney_are_left_out_and_none_has_a_group(tmp_path):
    for subject in ("s0000", "s0001", "s0002"):
        add_subject(tmp_path, subject, kidneys=subject != "s0001")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+cohort=ckd_epi_2009", "+data=totalsegmentator", f"data.root='{tmp_path}'"])
    gathered = gather_cohort(
        instantiate(config["data"], _convert_="all"),
        stage=instantiate(config["cohort"], _convert_="all"),
        check=partial(check_cases, max_outside=0.01, empty=config["checks"]["empty"]),
        split=lambda cohort: cohort.assign(split=["train", "test"]),
    )
    cohort = gathered.usable()
    assert cohort[["case_id", "group"]].to_numpy().tolist() == [["s0000", ""], ["s0002", ""]]
    assert any("left out" in remark and "s0001" in remark for remark in gathered.remarks)
