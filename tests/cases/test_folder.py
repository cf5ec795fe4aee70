"""Is a clinic's folder read as it is, and is everything that is wrong with it told?

What a table's cells may hold is tested with `kseg.cases.table.clinic_table`.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.folder import read_folder
from kseg.clinical.cohort import build_cohort, cases_of
from kseg.clinical.egfr import ckd_epi_2009
from kseg.clinical.rows import ROW_COLUMNS
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.outlines import Outline, read_outlines

CONF = Path(__file__).parents[2] / "conf"
TABLE = "patient_id,sex,age,creatinine_umol_l\nP2,F,50,80\nP1,M,61.5,120.5\n"
KINDS = ("images", "parenchyma", "cortex")
LABELS = {"parenchyma": [1, 2], "cortex": [2], "undivided": [3]}


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
        (root / kind / f"{case}{suffix}").touch()


def table_of(*cases):
    return "patient_id,sex,age,creatinine_umol_l\n" + "".join(f"{case},F,50,80\n" for case in cases)


def told(root, problems):
    return [problem.replace(f"{root}/", "").replace(str(root), "ROOT") for problem in problems]


def problems_of(root, **settings):
    return told(root, read_folder(root, **settings).problems)


def refusals_of(root, **settings):
    with pytest.raises(InputError) as caught:
        read_folder(root, **settings)
    return told(root, caught.value.problems)


def test_rows_stand_in_the_tables_order_with_absolute_paths(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    imported = read_folder("clinic")
    rows = imported.rows
    assert tuple(rows.columns) == ROW_COLUMNS
    assert rows["case_id"].tolist() == rows["patient_id"].tolist() == ["P2", "P1"]
    assert rows[["sex", "age", "creatinine_umol_l"]].to_numpy().tolist() == [["F", 50, 80], ["M", 61.5, 120.5]]
    assert rows["image"].tolist() == [str(root / "images" / f"{case}.nii.gz") for case in ("P2", "P1")]
    assert rows["cortex"].tolist() == [str(root / "cortex" / f"{case}.nii.gz") for case in ("P2", "P1")]
    assert imported.problems == imported.remarks == ()


def test_a_patient_may_have_several_cts_and_ids_of_digits_keep_their_zeros(root):
    for kind in KINDS:
        add(root, kind, "007_a", "007_b", suffix=".nii")
    (root / "clinical.csv").write_text(
        "case_id,patient_id,sex,age,creatinine_umol_l\n"
        "007_a,007,F,50,80\n007_b,007,F,51,90\nP1,P1,M,40,80\nP2,P2,M,40,80\n"
    )
    rows = read_folder(root).rows
    assert rows["patient_id"].tolist() == ["007", "007", "P1", "P2"]
    assert Path(rows["image"].iloc[1]).name == "007_b.nii"


def test_a_root_may_begin_at_home_and_hold_blanks_and_any_script(root, monkeypatch):
    place = root.parent / "肾脏 CT"
    root.rename(place)
    add(place, "images", "王 芳")
    monkeypatch.setenv("HOME", str(root.parent))
    assert read_folder("~/肾脏 CT").problems == (
        "王 芳: lies in images/ but has no row in clinical.csv; add the row or take the files out",
    )


def test_a_clinics_sixteen_patients_are_read_in_their_true_groups(clinic):
    imported = read_folder(clinic)
    cut_points = {"control": 90, "mild": 60, "moderate": 30, "severe": 0}
    cohort, _ = build_cohort(imported.rows, equation=ckd_epi_2009, cut_points=cut_points)
    truth = pd.read_csv(clinic / "truth_groups.csv")
    assert cohort[["patient_id", "group"]].to_numpy().tolist() == truth.to_numpy().tolist()
    assert imported.problems == imported.remarks == ()


# which files


def test_files_may_lie_in_a_folder_a_case(root):
    (root / "clinical.csv").write_text(table_of("P7"))
    for name in ("ct.nii.gz", "kidney.nrrd"):
        add(root, "P7", name.partition(".")[0], suffix=name[name.index(".") :])
    rows = read_folder(root, images="{case_id}/ct", parenchyma="{case_id}/kidney", cortex=None).rows
    assert rows["image"].tolist() == [str(root / "P7" / "ct.nii.gz")]
    assert rows["parenchyma"].tolist() == [str(root / "P7" / "kidney.nrrd")]


def test_no_cortex_is_asked_for_where_none_was_outlined(root):
    assert read_folder(root, cortex=None).rows["cortex"].tolist() == ["", ""]


def test_without_a_table_patients_are_called_by_their_files(root):
    (root / "parenchyma" / "P2.nii.gz").unlink()
    add(root, "images", "P3")
    add(root, "parenchyma", "P3")
    imported = read_folder(root, table=None)
    assert imported.rows["case_id"].tolist() == imported.rows["patient_id"].tolist() == ["P1", "P2", "P3"]
    assert imported.rows[["age", "creatinine_umol_l", "egfr"]].isna().all(axis=None)
    assert told(root, imported.problems) == [
        "P2: no parenchyma/P2.nii.gz, nor as .nii, .nrrd, .mha or .mhd; add what is missing or take the other files out"
    ]
    assert imported.remarks == (
        "no table: 3 cases are called by the files, each a patient without clinical values",
        "1 case has no cortex outline; it teaches and is scored on the parenchyma alone: P3",
    )


def test_neither_a_table_nor_files_is_told(root):
    for kind in KINDS:
        for file in (root / kind).iterdir():
            file.unlink()
    assert refusals_of(root, table=None) == [
        "ROOT: no files; images/{case_id}.nii.gz, parenchyma/{case_id}.nii.gz, cortex/{case_id}.nii.gz are needed, "
        "or .nii or .nrrd"
    ]


# what is not there at all


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert refusals_of(tmp_path / "nowhere") == [
        "ROOT: no such folder; set data.root to the folder of the CTs, outlines and table"
    ]


def test_what_is_missing_is_told_with_what_is_there(root):
    (root / "clinical.csv").unlink()
    (root / "cortex").rename(root / "kortex")
    there = "clinic holds images/, kortex/, parenchyma/"
    assert refusals_of(root) == [
        f"cortex: no such folder; {there}",
        f"ROOT: no table of patients; {there}. "
        "Put one there, or set data.table=null and cohort.ungrouped=keep for a cohort without clinical values",
    ]
    assert refusals_of(root, table="patients.csv") == [
        f"cortex: no such folder; {there}",
        f"patients.csv: no such file; {there}",
    ]


def test_table_and_files_are_told_together(root):
    (root / "clinical.csv").write_text(f"{TABLE}P3,F,old,80\n")
    add(root, "images", "P4")
    problems = problems_of(root)
    assert len(problems) == 3
    assert "'old'" in problems[0]
    assert [problem.partition(":")[0] for problem in problems[1:]] == ["P3", "P4"]


# label maps


def test_values_say_what_counts_in_a_label_map(root):
    (root / "parenchyma").rename(root / "labels")
    rows = read_folder(root, parenchyma="labels", cortex="labels", values=LABELS).rows
    file = root / "labels" / "P2.nii.gz"
    assert Outline.parse(rows["parenchyma"].iloc[0]) == Outline((file,), (1, 2, 3))
    assert Outline.parse(rows["cortex"].iloc[0]) == Outline((file,), (2,), undecided=(3,))


def test_a_label_map_of_ksegs_own_integers_is_read_as_it_is(root):
    labels = np.arange(4, dtype=np.uint8).reshape(1, 1, 4)
    (root / "clinical.csv").write_text(table_of("P1"))
    write_nifti(root / "labels" / "P1.nii.gz", labels, Grid(labels.shape, np.eye(4)))
    for kind in KINDS:
        (root / kind / "P2.nii.gz").unlink()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+data=label_maps", f"data.root={root}"])
    (case,) = cases_of(instantiate(config["data"], _convert_="all").rows)
    assert read_outlines(case.parenchyma, case.cortex).voxels.tolist() == labels.tolist()


# the config, and speed


def test_the_config_reads_a_folder(root):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+data=folder", f"data.root={root}", "data.cortex=null"])
    assert instantiate(config["data"], _convert_="all").rows.equals(read_folder(root, cortex=None).rows)


def test_codes_of_the_sexes_are_given_on_the_command_line(root):
    (root / "clinical.csv").write_text("patient_id,sex,age,creatinine_umol_l\nP1,1,50,80\nP2,2,50,80\n")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+data=folder", f"data.root={root}", "data.sex_values={1:M,2:F}"])
    assert instantiate(config["data"], _convert_="all").rows["sex"].tolist() == ["M", "F"]


def test_ten_thousand_cases_are_read_in_seconds(root):
    """One file a case stands for both CT and outline: making more of them would take longer than reading."""
    names = [f"Q{number:05d}" for number in range(10_000)]
    add(root, "scans", *names)
    (root / "clinical.csv").write_text(table_of(*names))
    before = time.process_time()
    imported = read_folder(root, images="scans", parenchyma="scans", cortex=None)
    assert time.process_time() - before < 3  # 0.5 on two cores
    assert len(imported.rows) == 10_000
    assert imported.problems == ()
