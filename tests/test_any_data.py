"""The whole way on data that is not a plain clinic's folder: seconds of training, real files, real processes."""

import json
import sys

import nibabel as nib
import numpy as np
import openpyxl
import pandas as pd
import pytest

from kseg.images import write_nifti

EGFR = [">=90", 95.0, ">=90", 101.0, 75.0, 66.0, 80.0, 50.0, 41.0, 33.5, 20.0, None]
"""Of twelve patients: four control, three mild, three moderate, one severe, one of whom nothing is known."""
TWENTY_STEPS = ("trainer.max_time=null", "trainer.max_steps=20")

pytestmark = pytest.mark.slow


def z_first(made):
    """A box patient as KiTS stores CTs: slices along the first axis, and an affine that says so."""
    x, y, z = made.grid.affine[:3, :3].diagonal()
    affine = np.array([[0, 0, x, 0], [0, y, 0, 0], [z, 0, 0, 0], [0, 0, 0, 1.0]])
    return [voxels.transpose(2, 1, 0) for voxels in (made.ct_hu, made.parenchyma)], affine


@pytest.fixture(scope="module")
def kits_of_boxes(boxes, tmp_path_factory):
    """KiTS23's layout: a tumour of 64 voxels in every right kidney."""
    root = tmp_path_factory.mktemp("kits")
    patients = []
    for number, egfr in enumerate(EGFR):
        name = f"case_{number:05}"
        (ct, parenchyma), affine = z_first(boxes(number))
        segmentation = parenchyma.astype(np.uint8)
        segmentation[6:10, 8:12, 8:12] = 2
        (root / name).mkdir()
        nib.save(nib.Nifti1Image(ct, affine), root / name / "imaging.nii.gz")
        nib.save(nib.Nifti1Image(segmentation, affine), root / name / "segmentation.nii.gz")
        patient = {"case_id": name, "gender": "female", "age_at_nephrectomy": 50 + number}
        patients.append({**patient, "last_preop_egfr": {"value": egfr, "days_before_nephrectomy": 1}})
    (root / "kits23.json").write_text(json.dumps(patients))
    return root


@pytest.mark.soak
def test_a_kits_folder_is_trained_on_and_compared_by_its_own_egfr(kits_of_boxes, small_training, run, tmp_path):
    overrides = ("data=kits", f"data.root={kits_of_boxes}", f"run_dir={tmp_path}/run", *TWENTY_STEPS)
    done = run(small_training(tmp_path, *overrides))
    assert done.returncode == 0, done.stdout + done.stderr
    cohort = pd.read_csv(tmp_path / "run" / "cohort.csv", keep_default_na=False)
    counts = cohort["group"].value_counts().to_dict()
    assert counts == {"control": 4, "mild": 3, "moderate": 3, "severe": 1, "": 1}
    metrics = pd.read_csv(tmp_path / "run" / "metrics.csv")
    assert metrics[metrics["structure"] == "parenchyma"]["value"].notna().all()
    assert metrics[metrics["structure"] == "cortex"]["value"].isna().all()
    volumes = pd.read_csv(tmp_path / "run" / "volumes.csv").set_index(["structure", "case_id"])["reference_ml"]
    case = volumes["parenchyma"].index[0]
    outlined = np.asarray(nib.load(kits_of_boxes / case / "segmentation.nii.gz").dataobj)
    assert volumes["parenchyma"][case] == pytest.approx((outlined == 1).sum() * 8 / 1000)  # voxels of 2 mm
    predicted = nib.load(tmp_path / "run" / "predictions" / f"{case}.nii.gz")
    assert set(np.unique(predicted.dataobj)) <= {0, 3}
    assert (predicted.affine == nib.load(kits_of_boxes / case / "imaging.nii.gz").affine).all()
    assert "Not outlined in any test patient, and so not scored: cortex and medulla." in done.stdout
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.soak
def test_an_nnunet_folder_without_creatinine_is_trained_on_and_evaluated_without_groups(
    boxes, small_training, run, tmp_path
):
    dataset = tmp_path / "Dataset017_Kidneys"
    for number in range(6):
        made = boxes(number)
        write_nifti(dataset / "imagesTr" / f"K{number}_0000.nii.gz", made.ct_hu, made.grid)
        labels = made.parenchyma.astype(np.uint8) + made.cortex
        write_nifti(dataset / "labelsTr" / f"K{number}.nii.gz", labels, made.grid)
    described = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "medulla": 1, "cortex": 2}}
    (dataset / "dataset.json").write_text(json.dumps({**described, "numTraining": 6, "file_ending": ".nii.gz"}))
    overrides = ("data=nnunet", f"data.root={dataset}", f"run_dir={tmp_path}/run", *TWENTY_STEPS)
    done = run(small_training(tmp_path, *overrides))
    assert done.returncode == 0, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    assert "no patient has creatinine, eGFR or group" in told
    assert "No test patient has a group, so nothing is compared between groups." in told
    groups = pd.read_csv(tmp_path / "run" / "groups.csv")
    dice = groups[(groups["group"] == "all") & (groups["metric"] == "dice")].set_index("structure")
    assert (dice["n"] == 2).all()
    assert dice["mean"].notna().all()


def test_a_chinese_clinic_with_excel_nrrd_and_some_patients_without_cortex(boxes, small_training, run, tmp_path):
    clinic = tmp_path / "肾 内科"
    book = openpyxl.Workbook()
    book.active.append(["某医院肾内科 2025"])
    book.active.append(["患者编号", "性别", "年龄", "血肌酐(μmol/L)"])
    for number, creatinine in enumerate((60, 100, 150, 400) * 3):
        name, made = f"病人{number:02}", boxes(number)
        book.active.append([name, "男", "50岁", creatinine])
        write_nrrd(clinic / "images" / f"{name}.nrrd", made.ct_hu, made.grid.affine)
        write_nrrd(clinic / "parenchyma" / f"{name}.nrrd", made.parenchyma.astype(np.uint8) * 255, made.grid.affine)
        if number % 3:
            write_nifti(clinic / "cortex" / f"{name}.nii", made.cortex.astype(np.uint8), made.grid)
    book.save(clinic / "病人资料.xlsx")
    overrides = ("data=folder", f'data.root="{clinic}"', f'run_dir="{tmp_path}/run"', *TWENTY_STEPS)
    done = run(small_training(tmp_path, *overrides))
    assert done.returncode == 0, done.stdout + done.stderr
    cohort = pd.read_csv(tmp_path / "run" / "cohort.csv", keep_default_na=False)
    assert cohort["group"].tolist() == ["control", "mild", "moderate", "severe"] * 3
    assert (cohort["cortex"] == "").tolist() == [number % 3 == 0 for number in range(12)]
    metrics = pd.read_csv(tmp_path / "run" / "metrics.csv")
    cortex = metrics[(metrics["structure"] == "cortex") & (metrics["metric"] == "dice")].set_index("case_id")["value"]
    undivided = cohort.set_index("case_id")["cortex"] == ""
    assert cortex.isna().equals(undivided[cortex.index].rename("value").rename_axis("case_id"))
    new, again = f'input="{clinic}/images"', f'output="{tmp_path}/again"'
    done = run([sys.executable, "predict.py", f'run="{tmp_path}/run"', new, again])
    assert done.returncode == 0, done.stdout + done.stderr
    for case in cortex.index:
        first, second = (nib.load(tmp_path / folder / f"{case}.nii.gz") for folder in ("run/predictions", "again"))
        assert np.array_equal(first.dataobj, second.dataobj)
        assert (second.affine == made_affine(case, boxes)).all()


def made_affine(case, boxes):
    return boxes(int(case[-2:])).grid.affine


def write_nrrd(path, voxels, affine):
    """By pynrrd's own writer, in the space of 3D Slicer's exports."""
    import nrrd

    path.parent.mkdir(parents=True, exist_ok=True)
    to_lps = np.diag([-1, -1, 1])
    header = {
        "space": "left-posterior-superior",
        "space directions": (to_lps @ affine[:3, :3]).T,
        "space origin": to_lps @ affine[:3, 3],
        "kinds": ["domain"] * 3,
    }
    nrrd.write(str(path), voxels, header)
