"""Is a clinic's folder read as it is, and is everything that is wrong with it told?"""

import gzip
from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.folder import read_folder
from kseg.clinical.cohort import build_cohort
from kseg.clinical.egfr import ckd_epi_2009
from kseg.clinical.rows import ROW_COLUMNS
from kseg.errors import InputError

CONF = Path(__file__).parents[2] / "conf"
TABLE = "patient_id,sex,age,creatinine_umol_l\nP2,F,50,80\nP1,M,61.5,120.5\n"
KINDS = ("images", "parenchyma", "cortex")


@pytest.fixture
def root(tmp_path):
    """Two patients; the importer looks at files' names alone, so that they need not hold a volume."""
    root = tmp_path / "clinic"
    for kind in KINDS:
        add(root, kind, "P1", "P2")
    (root / "clinical.csv").write_text(TABLE)
    return root


def add(root, kind, *cases, suffix=".nii.gz"):
    (root / kind).mkdir(parents=True, exist_ok=True)
    for case in cases:
        (root / kind / f"{case}{suffix}").write_bytes(gzip.compress(b""))


def problems_of(root, **settings):
    with pytest.raises(InputError) as caught:
        read_folder(root, **settings)
    return [problem.replace(f"{root}/", "").replace(str(root), "ROOT") for problem in caught.value.problems]


def test_rows_stand_in_the_tables_order_with_absolute_paths(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    rows = read_folder("clinic")
    assert tuple(rows.columns) == ROW_COLUMNS
    assert rows["case_id"].tolist() == rows["patient_id"].tolist() == ["P2", "P1"]
    assert rows[["sex", "age", "creatinine_umol_l"]].to_numpy().tolist() == [["F", 50, 80], ["M", 61.5, 120.5]]
    assert rows["egfr"].isna().all()
    assert rows["group"].tolist() == ["", ""]
    assert rows["image"][0] == str(root / "images" / "P2.nii.gz")
    assert rows["cortex"][1] == str(root / "cortex" / "P1.nii.gz")


@pytest.mark.parametrize(
    ("column", "unit", "value", "umol_l"),
    [
        ("creatinine_umol_l", "mg/dL", 80, 80.0),
        ("creatinine_mg_dl", "umol/L", 1.0, 88.4),
        ("creatinine", "umol/L", 80, 80.0),
        ("creatinine", "mg/dL", 2.0, 176.8),
    ],
)
def test_creatinine_has_the_unit_that_its_column_or_the_setting_states(root, column, unit, value, umol_l):
    (root / "clinical.csv").write_text(f"patient_id,sex,age,{column}\nP1,F,50,{value}\nP2,F,50,{value}\n")
    rows = read_folder(root, creatinine_unit=unit)
    assert rows["creatinine_umol_l"].tolist() == pytest.approx([umol_l, umol_l])


def test_names_are_taken_as_clinics_write_them(root):
    (root / "clinical.csv").write_bytes(
        "\ufeffPatient_ID, Sex ,age,eGFR,group\n P1 ,female,50,,mild\nP2,Male,60,33,\n,,,,\n".encode()
    )
    rows = read_folder(root)
    assert rows["case_id"].tolist() == ["P1", "P2"]
    assert rows["sex"].tolist() == ["F", "M"]
    assert rows["group"].tolist() == ["mild", ""]
    assert rows["egfr"].fillna(-1).tolist() == [-1, 33]
    assert rows["creatinine_umol_l"].isna().all()


def test_a_patient_may_have_several_cts_and_ids_of_digits_keep_their_zeros(root):
    for kind in KINDS:
        add(root, kind, "007_a", "007_b", suffix=".nii")
    (root / "clinical.csv").write_text(
        "case_id,patient_id,sex,age,creatinine_umol_l\n007_a,007,F,50,80\n007_b,007,F,51,90\nP1,P1,M,40,80\nP2,P2,M,40,80\n"
    )
    rows = read_folder(root)
    assert rows["patient_id"].tolist() == ["007", "007", "P1", "P2"]
    assert Path(rows["image"][1]).name == "007_b.nii"


def test_no_cortex_is_asked_for_where_none_was_outlined(root):
    assert read_folder(root, cortex=None)["cortex"].tolist() == ["", ""]


def test_other_files_and_hidden_ones_are_left_alone(root):
    for name in ("README.txt", "._P9.nii.gz", ".DS_Store"):
        (root / "images" / name).write_text("")
    assert len(read_folder(root)) == 2


def test_a_clinics_sixteen_patients_are_read_in_their_true_groups(clinic):
    rows = read_folder(clinic)
    cut_points = {"control": 90, "mild": 60, "moderate": 30, "severe": 0}
    cohort, remarks = build_cohort(rows, equation=ckd_epi_2009, cut_points=cut_points)
    truth = pd.read_csv(clinic / "truth_groups.csv")
    assert cohort[["patient_id", "group"]].to_numpy().tolist() == truth.to_numpy().tolist()
    assert remarks == ()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert problems_of(tmp_path / "nowhere") == [
        "ROOT: no such folder; set data.root to the folder of the CTs, outlines and table"
    ]


def test_what_is_missing_is_told_with_what_is_there(root):
    (root / "clinical.csv").rename(root / "patients.csv")
    (root / "cortex").rename(root / "kortex")
    there = "clinic holds images/, kortex/, parenchyma/, patients.csv"
    assert problems_of(root) == [f"cortex: no such folder; {there}", f"clinical.csv: no such file; {there}"]


def test_missing_files_are_told_by_patient(root):
    (root / "images" / "P1.nii.gz").unlink()
    (root / "cortex" / "P1.nii.gz").unlink()
    (root / "parenchyma" / "P2.nii.gz").unlink()
    assert problems_of(root) == [
        "P2: no parenchyma/P2.nii.gz, nor as .nii; add what is missing or take out the row",
        "P1: no images/P1.nii.gz and no cortex/P1.nii.gz, nor as .nii; add what is missing or take out the row",
    ]


def test_files_that_no_row_names_are_told(root):
    add(root, "images", "P3")
    add(root, "cortex", "P3", "p4")
    assert problems_of(root) == [
        "P3: lies in images/, cortex/ but has no row in clinical.csv; add the row or take the files out",
        "p4: lies in cortex/ but has no row in clinical.csv; add the row or take the files out",
    ]


def test_two_files_of_one_case_are_told(root):
    add(root, "images", "P1", suffix=".nii")
    assert problems_of(root) == ["P1: P1.nii and P1.nii.gz both lie in images/; keep one"]


MANY = "the columns are"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "",
            [
                "clinical.csv: not a readable table (No columns to parse from file); "
                "save it as CSV, comma separated, UTF-8"
            ],
        ),
        (
            "patient_id,sex,age,creatinine\n,,,\n",
            ["clinical.csv: no patients; one row a patient is needed below the names of the columns"],
        ),
        (
            "patient_id;sex;age;creatinine\nP1;F;50;80\n",
            [
                f"clinical.csv: no column patient_id; {MANY} patient_id;sex;age;creatinine",
                f"clinical.csv: no column sex; {MANY} patient_id;sex;age;creatinine",
                f"clinical.csv: no column age; {MANY} patient_id;sex;age;creatinine",
                "clinical.csv: no creatinine; a column creatinine_umol_l, creatinine_mg_dl, creatinine, egfr or group "
                f"is needed, {MANY} patient_id;sex;age;creatinine",
            ],
        ),
        (
            "patient_id,sex,age,creatinine,creatinine_mg_dl\nP1,F,50,80,0.9\n",
            ["clinical.csv: creatinine stands in 2 columns, creatinine_mg_dl and creatinine; keep one"],
        ),
        (
            f'{TABLE}P2,F,old,"80,5"\n',
            [
                "P2: 2 rows (2, 4); keep one, or give each CT a case_id of its own",
                "clinical.csv row 4 (P2): age 'old'; a number is needed, such as 38.5, or an empty cell",
                "clinical.csv row 4 (P2): creatinine_umol_l '80,5'; a number is needed, such as 38.5, or an empty cell",
            ],
        ),
        (
            "patient_id,sex,age,creatinine_umol_l\nP1,W,50,80\nP2,,,\n",
            [
                "clinical.csv row 2 (P1): sex 'W'; F, M, female or male is needed",
                "P2: no creatinine_umol_l and no age and no sex; without it give an egfr or a group",
            ],
        ),
        (
            "patient_id,sex,age,creatinine_umol_l\nP1,F,-50,80\nP2,F,50,0\n",
            [
                "P1: age -50; an age in years is more than 0",
                "P2: creatinine_umol_l 0; a creatinine in umol/L is more than 0",
            ],
        ),
        (f"{TABLE},F,50,80\n", ["row 4: no patient_id; every row needs one"]),
        (
            f"{TABLE}../P1,F,50,80\n",
            [
                "'../P1': cannot name a file; an id has no / or \\ and does not start with a point",
                "../P1: no images/../P1.nii.gz and no parenchyma/../P1.nii.gz and no cortex/../P1.nii.gz, nor as .nii; "
                "add what is missing or take out the row",
            ],
        ),
    ],
)
def test_a_bad_table_is_told(root, table, said):
    (root / "clinical.csv").write_text(table)
    assert problems_of(root) == said


def test_the_config_reads_a_folder(root):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+data=folder", f"data.root={root}", "data.cortex=null"])
    assert instantiate(config["data"], _convert_="all").equals(read_folder(root, cortex=None))


def test_an_unknown_unit_is_told(root):
    assert problems_of(root, creatinine_unit="g") == ["clinical.csv: creatinine_unit 'g'; umol/L or mg/dL is needed"]


def test_table_and_files_are_told_together(root):
    (root / "clinical.csv").write_text(f"{TABLE}P3,F,0,80\n")
    add(root, "images", "P4")
    assert [problem.split(":")[0] for problem in problems_of(root)] == ["P3", "P3", "P4"]
