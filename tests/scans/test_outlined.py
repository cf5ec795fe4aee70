"""CTs of all formats, DICOM series among them, through the whole of predict.py."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from kseg.images import Grid, write_nifti

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.soak]


@pytest.fixture(scope="module")
def trained(run, command, tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    done = run(command(root, "trainer.max_time=null", "trainer.max_steps=40", f"run_dir={root}/run", "logger=none"))
    assert done.returncode == 0, done.stderr
    return root / "run"


def test_a_series_is_outlined_voxel_for_voxel_as_its_nifti(trained, run_script, boxes, dicom_series, tmp_path):
    made = boxes(0)
    affine = made.grid.affine.copy()
    affine[:3] = Rotation.from_euler("xyz", [5, -4, 7], degrees=True).as_matrix() @ affine[:3]
    dicom_series(tmp_path / "series", made.ct_hu, affine)
    write_nifti(tmp_path / "nifti.nii.gz", made.ct_hu, Grid(made.ct_hu.shape, affine))
    outlined = {}
    for name, place in (("series", "series"), ("nifti", "nifti.nii.gz")):
        output = tmp_path / f"{name}-out"
        done = run_script("predict.py", f"run={trained}", f"input={tmp_path}/{place}", f"output={output}")
        assert done.returncode == 0, done.stderr
        outlined[name] = nib.load(output / f"{name}.nii.gz")
    assert np.allclose(outlined["series"].affine, outlined["nifti"].affine, atol=1e-4)
    assert (np.asarray(outlined["nifti"].dataobj) > 0).sum() > 1000
    assert np.array_equal(outlined["series"].dataobj, outlined["nifti"].dataobj)


@pytest.fixture
def twenty(clinic_of_boxes, boxes, dicom_series, tmp_path):
    """Five NIfTI, five MetaImage, five DICOM series, and five that are broken in different ways."""
    folder = tmp_path / "cts"
    folder.mkdir()
    for number in range(5):
        nifti = clinic_of_boxes / "images" / f"P{number:03}.nii.gz"
        shutil.copy(nifti, folder / f"N{number}.nii.gz")
        image = SimpleITK.ReadImage(str(nifti))
        for key in image.GetMetaDataKeys():
            image.EraseMetaData(key)
        SimpleITK.WriteImage(image, str(folder / f"M{number}.mha"))
        dicom_series(folder / f"D{number}", boxes(number).ct_hu, np.diag([2.0, 2.0, 2.0, 1]), series=f"1.2.{number}")
    whole = (folder / "N1.nii.gz").read_bytes()
    (folder / "B0.nii.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "B1.nii").touch()
    (folder / "B2.nrrd").write_text("no image")
    nib.save(nib.Nifti1Image(np.zeros((20, 20, 20), np.int16), np.eye(4)), folder / "B3.nii.gz")
    dicom_series(folder / "B4", boxes(1).ct_hu, np.diag([2.0, 2.0, 2.0, 1]), skip=[9], series="1.3")
    return folder


def test_of_twenty_inputs_fifteen_are_outlined_and_five_told_killed_between(trained, run_script, twenty, tmp_path):
    asked = ("predict.py", f"run={trained}", f"input={twenty}", f"output={tmp_path}/out")
    killed = subprocess.Popen([sys.executable, *asked], cwd=ROOT, stdout=subprocess.DEVNULL)
    table = tmp_path / "out" / "measurements.csv"
    while not table.exists() or len(pd.read_csv(table)) < 4:
        assert killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    begun = len(pd.read_csv(table))
    assert begun < 15

    done = run_script(*asked)
    assert done.returncode == 1
    assert f"{begun} of 20 CTs were done before" in done.stdout
    whys = {
        "B0.nii.gz": "its header states 40 x 24 x 24 voxels, 46080 bytes, but the file holds",
        "B1.nii": "is empty, 0 bytes",
        "B2.nrrd": "no NRRD header",
        "B3.nii.gz": "CT is 0 everywhere",
        "B4": "1 slice missing between 16 mm and 20 mm",
    }
    for file, why in whys.items():
        name = file.partition(".")[0]
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{name}: failed")]
        assert line.startswith(f"{name}: failed, {twenty}/{file}: ")
        assert why in line
        assert done.stderr.count(f"│ {name} │") == 1
    assert "Traceback" not in done.stdout + done.stderr
    results = pd.read_csv(table)
    assert sorted(results["case_id"]) == [f"{kind}{number}" for kind in "DMN" for number in range(5)]
    assert all((tmp_path / "out" / f"{name}.nii.gz").exists() for name in results["case_id"])
    of_patient = results.assign(patient=results["case_id"].str[1]).groupby("patient")["parenchyma_ml"]
    assert of_patient.nunique().tolist()[::2] == [1, 1, 1]  # the even ones lie alike in all formats
