"""Is a copy of KiTS read: its cases, its three labels, and the eGFR of its patients?

The fake folders follow the challenge's own repositories: https://github.com/neheller/kits19, kits21 and kits23.
"""

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.check.cohort import check_cases
from kseg.cases.gather import gather_cohort
from kseg.cases.kits import read_kits
from kseg.clinical.cohort import cases_of
from kseg.clinical.split import stratified_split
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.outlines import read_outlines

CONF = Path(__file__).parents[2] / "conf"
Z_FIRST = np.array([[0, 0, -0.8, 90], [0, -0.8, 0, 60], [-4, 0, 0, 30], [0, 0, 0, 1.0]])
"""As the challenge's files have it: the first axis runs along the body."""
GRID = Grid((12, 40, 60), Z_FIRST)
KIDNEY, TUMOUR, CYST = 1, 2, 3


def segmentation():
    """Two kidneys of 6 x 8 x 8 voxels, in one of them a tumour of 8 voxels and a cyst of one."""
    labels = np.zeros(GRID.shape, np.uint8)
    labels[3:9, 10:18, 8:16] = KIDNEY
    labels[3:9, 10:18, 40:48] = KIDNEY
    labels[4:6, 11:13, 9:11] = TUMOUR
    labels[7, 16, 14] = CYST
    return labels


def add_case(folder, case, name="segmentation"):
    labels = segmentation()
    ct = np.where(labels > 0, 150, -100).astype(np.int16)
    ct[:, :2] = -1000
    write_nifti(folder / case / "imaging.nii.gz", ct, GRID)
    if name:
        write_nifti(folder / case / f"{name}.nii.gz", labels, GRID)


def patient(case, egfr, *, gender="male", age=60):
    """A patient as kits23.json has one, of which most is left out here."""
    measured = {"days_before_nephrectomy": 3, "value": egfr}
    return {"case_id": case, "gender": gender, "age_at_nephrectomy": age, "bmi": 27.1, "last_preop_egfr": measured}


def add_names(folder, *cases):
    """Files alone: the importer looks at nothing but their names."""
    for case in cases:
        for name in ("imaging", "segmentation"):
            (folder / case).mkdir(parents=True, exist_ok=True)
            (folder / case / f"{name}.nii.gz").touch()


def cases_and_problems(root, **settings):
    imported = read_kits(root, **settings)
    return imported.rows["case_id"].tolist(), list(imported.problems)


@pytest.mark.parametrize(
    ("place", "json_place", "outline"),
    [
        ("data", "data/kits.json", "segmentation"),  # KiTS19
        ("data", "data/kits.json", "aggregated_MAJ_seg"),  # KiTS21
        ("dataset", "dataset/kits23.json", "segmentation"),  # KiTS23
        (".", "kits21.json", "segmentation"),
        ("data", "kits.json", "segmentation"),
    ],
)
def test_each_years_folder_is_read(tmp_path, place, json_place, outline):
    for name in ("imaging", outline):
        (tmp_path / place / "case_00007").mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "case_00007" / f"{name}.nii.gz").touch()
    (tmp_path / json_place).write_text(json.dumps([patient("case_00007", 55.5, gender="female", age=71)]))
    imported = read_kits(tmp_path)
    row = imported.rows.loc[1]
    folder = (tmp_path / place / "case_00007").resolve()
    assert row["case_id"] == row["patient_id"] == "case_00007"
    assert (row["sex"], row["age"], row["egfr"]) == ("F", 71, 55.5)
    assert math.isnan(row["creatinine_umol_l"])
    assert row["image"] == str(folder / "imaging.nii.gz")
    assert (row["parenchyma"], row["cortex"]) == (f"{folder / outline}.nii.gz[1]", "")
    assert imported.problems == imported.remarks == ()


@pytest.mark.parametrize(("lesions", "voxels"), [("apart", 2 * 6 * 8 * 8 - 9), ("parenchyma", 2 * 6 * 8 * 8)])
def test_tumours_and_cysts_are_apart_from_the_parenchyma_or_belong_to_it(tmp_path, lesions, voxels):
    add_case(tmp_path, "case_00000")
    (case,) = cases_of(read_kits(tmp_path, lesions=lesions).rows)
    volume = read_outlines(case.parenchyma, case.cortex)
    assert np.count_nonzero(volume.voxels) == voxels
    assert volume.grid.orientation == "IPL"


@pytest.mark.parametrize(
    ("value", "egfr"), [(77.0, 77), (90, 90), (">=90", 90), (">= 90", 90), ("\u226590", 90), ("52.5", 52.5)]
)
def test_an_egfr_is_a_number_or_a_bound(tmp_path, value, egfr):
    add_names(tmp_path, "case_00000")
    (tmp_path / "kits.json").write_text(json.dumps([patient("case_00000", value)]))
    assert read_kits(tmp_path).rows["egfr"].tolist() == [egfr]


@pytest.mark.parametrize("measured", [{"last_preop_egfr": {"value": None}}, {"last_preop_egfr": None}, {}])
def test_an_egfr_may_be_absent(tmp_path, measured):
    add_names(tmp_path, "case_00000")
    (tmp_path / "kits.json").write_text(json.dumps([{"case_id": "case_00000", **measured}]))
    imported = read_kits(tmp_path)
    assert imported.rows[["age", "egfr"]].isna().all(axis=None)
    assert imported.rows["sex"].tolist() == [""]
    assert imported.problems == ()
    assert imported.remarks == ("kits.json: 1 case has no last_preop_egfr and so no group: case_00000",)


def test_what_is_decided_is_remarked_with_its_number(tmp_path):
    add_names(tmp_path, "case_00000", "case_00001", "case_00002")
    (tmp_path / "case_00210").mkdir()
    (tmp_path / "case_00210" / "imaging.nii.gz").touch()
    patients = [
        patient("case_00000", ">=90"),
        patient("case_00001", ">=90", gender="transgender_male_to_female"),
        patient("case_00002", None),
        patient("case_00003", ">=90"),
        patient("case_00210", 50.0),
    ]
    (tmp_path / "kits.json").write_text(json.dumps(patients))
    imported = read_kits(tmp_path)
    assert imported.rows["sex"].tolist() == ["M", "", "M"]
    assert imported.problems == ()
    assert imported.remarks == (
        "1 case without a segmentation is left out, as KiTS19's test set: case_00210",
        'kits.json: 2 patients have an eGFR of ">=90", which counts as 90: case_00000, case_00001',
        "kits.json: 1 patient is neither male nor female, the sex counts as missing: "
        "case_00001 (transgender_male_to_female)",
        "kits.json: 1 case has no last_preop_egfr and so no group: case_00002",
        "kits.json: 2 patients have no segmented case here: case_00003, case_00210",
    )


def test_without_a_json_file_there_are_no_groups(tmp_path):
    add_names(tmp_path, "case_00000")
    assert read_kits(tmp_path).remarks == (
        "no kits.json or kits21.json or kits23.json: patients without sex, age and eGFR, and so without groups",
    )


def test_segmentations_without_imaging_are_told_in_one_line(tmp_path):
    add_names(tmp_path, *(f"case_{number:05d}" for number in range(13)))
    for number in range(1, 13):
        (tmp_path / f"case_{number:05d}" / "imaging.nii.gz").unlink()
    cases, (problem,) = cases_and_problems(tmp_path)
    assert len(cases) == 13
    assert problem == (
        "12 cases have a segmentation but no imaging.nii.gz: case_00001, case_00002, case_00003, case_00004, "
        "case_00005, case_00006, case_00007, case_00008, case_00009, case_00010 and 2 more; "
        "download it with the challenge's own script, or take the folders out"
    )


AGAIN = "download it again"
LIST = f"kits.json: a list of patients, each with a case_id, is needed; {AGAIN}"
CUT = f"kits.json: not readable as JSON (Expecting ',' delimiter: line 1 column 26 (char 25)); {AGAIN}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"case_id": "case_00000"', CUT),
        ('{"case_00000": {}}', LIST),
        ('[{"gender": "male"}]', LIST),
        (
            json.dumps([patient("case_00000", "<15")]),
            "case_00000: last_preop_egfr.value '<15'; a number, \">=90\" or null is needed in kits.json",
        ),
        (
            json.dumps([patient("case_00000", 50, age="old")]),
            "case_00000: age_at_nephrectomy 'old'; a number or null is needed in kits.json",
        ),
        (json.dumps([patient("case_00000", 50)] * 2), "case_00000: stands 2 times in kits.json; keep one"),
    ],
)
def test_a_json_file_that_cannot_be_used_is_told(tmp_path, content, said):
    add_names(tmp_path, "case_00000")
    (tmp_path / "kits.json").write_text(content)
    cases, (problem,) = cases_and_problems(tmp_path)
    assert cases == ["case_00000"]
    assert problem.replace(f"{tmp_path}/", "") == said


def test_values_whose_problem_is_told_are_not_judged_again(tmp_path):
    add_names(tmp_path, "case_00000", "case_00001")
    (tmp_path / "kits.json").write_text(json.dumps([patient("case_00000", 50), patient("case_00001", "low")]))
    assert read_kits(tmp_path).unreadable == {2}


def test_two_json_files_are_told(tmp_path):
    add_names(tmp_path / "data", "case_00000")
    for name in ("kits.json", "data/kits23.json"):
        (tmp_path / name).write_text("[]")
    _, problems = cases_and_problems(tmp_path)
    assert problems == [f"{tmp_path}/kits.json and {tmp_path}/data/kits23.json are both there; keep one"]


def test_a_folder_without_cases_tells_what_it_holds(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError) as told:
        read_kits(tmp_path)
    assert str(told.value) == (
        f"{tmp_path}: no cases; folders such as case_00000 with imaging.nii.gz and segmentation.nii.gz are needed, "
        f"in it, in data or in dataset; {tmp_path.name} holds images/"
    )


def test_another_wish_for_lesions_is_told(tmp_path):
    with pytest.raises(InputError, match=r"data\.lesions is 'tumour'; apart or parenchyma is needed"):
        read_kits(tmp_path, lesions="tumour")


def test_a_folder_becomes_a_cohort_with_one_patient_in_severe_and_one_without_a_group(tmp_path):
    egfrs = {"case_00000": ">=90", "case_00001": 95.0, "case_00002": 61.0, "case_00003": 12.0, "case_00004": None}
    for case in egfrs:
        add_case(tmp_path / "dataset", case)
    patients = [patient(case, egfr) for case, egfr in egfrs.items()]
    (tmp_path / "dataset" / "kits23.json").write_text(json.dumps(patients))
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+cohort=ckd_epi_2009", "+data=kits", f"data.root='{tmp_path}'"])
    gathered = gather_cohort(
        instantiate(config["data"], _convert_="all"),
        stage=instantiate(config["cohort"], _convert_="all"),
        check=partial(check_cases, max_outside=0.01),
        split=partial(stratified_split, seed=1, fractions={"train": 0.5, "test": 0.5}),
    )
    cohort = gathered.usable()
    assert cohort["group"].tolist() == ["control", "control", "mild", "severe", ""]
    assert set(cohort["split"]) == {"train", "test"}
