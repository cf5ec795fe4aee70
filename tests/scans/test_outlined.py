"""Is a DICOM series outlined as its NIfTI is, through the whole of predict.py?"""

import nibabel as nib
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kseg.images import Grid, write_nifti

pytestmark = pytest.mark.slow


@pytest.mark.soak
def test_a_series_is_outlined_voxel_for_voxel_as_its_nifti(run, run_script, command, boxes, dicom_series, tmp_path):
    done = run(command(tmp_path, "trainer.max_time=null", "trainer.max_steps=40", f"run_dir={tmp_path}/run"))
    assert done.returncode == 0, done.stderr
    made = boxes(0)
    affine = made.grid.affine.copy()
    affine[:3] = Rotation.from_euler("xyz", [5, -4, 7], degrees=True).as_matrix() @ affine[:3]
    dicom_series(tmp_path / "series", made.ct_hu, affine)
    write_nifti(tmp_path / "nifti.nii.gz", made.ct_hu, Grid(made.ct_hu.shape, affine))
    outlined = {}
    for name, place in (("series", "series"), ("nifti", "nifti.nii.gz")):
        output = tmp_path / f"{name}-out"
        done = run_script("predict.py", f"run={tmp_path}/run", f"input={tmp_path}/{place}", f"output={output}")
        assert done.returncode == 0, done.stderr
        outlined[name] = nib.load(output / f"{name}.nii.gz")
    assert np.allclose(outlined["series"].affine, outlined["nifti"].affine, atol=1e-4)
    assert (np.asarray(outlined["nifti"].dataobj) > 0).sum() > 1000
    assert np.array_equal(outlined["series"].dataobj, outlined["nifti"].dataobj)
