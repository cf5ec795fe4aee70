"""A CT of 1024 x 1024 x 1200 voxels, from a file to a file, within 12 GiB."""

import json
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

SHAPE, SPACING_MM = (1024, 1024, 1200), (0.4, 0.4, 0.5)
KIDNEYS = [(slice(250, 400), slice(450, 600), slice(500, 720)), (slice(620, 770), slice(450, 600), slice(520, 740))]
LIMIT_GIB = 12


@pytest.fixture(scope="module")
def large_ct(tmp_path_factory):
    """Boxes of 158 ml, by their sides' lengths, in a body of water; raw, 2.5 GB."""
    file = tmp_path_factory.mktemp("large") / "ct.nii"
    header = nib.Nifti1Header()
    header.set_data_shape(SHAPE)
    header.set_data_dtype(np.int16)
    affine = np.diag([*SPACING_MM, 1])
    header.set_sform(affine, code="scanner")
    header.set_qform(affine, code="scanner")
    header.set_xyzt_units("mm")
    header["magic"], header["vox_offset"] = b"n+1", 352
    file.write_bytes(header.binaryblock + bytes(4))
    voxels = np.memmap(file, np.int16, "r+", 352, SHAPE, order="F")
    voxels[:] = 0
    for kidney in KIDNEYS:
        voxels[kidney] = 300
    voxels.flush()
    return file


@pytest.mark.parametrize(
    ("spacing_mm", "search"),
    [
        ([1.5, 1.5, 3.0], True),
        ([0.8, 0.8, 1.0], False),
        (list(SPACING_MM), True),
    ],
)
def test_a_large_ct_is_outlined_within_12_gib(large_ct, tmp_path, spacing_mm, search):
    output = tmp_path / "outlined.nii.gz"
    script = Path(__file__).with_name("outline_large_ct.py")
    arguments = [str(large_ct), str(output), json.dumps(spacing_mm), json.dumps(search)]
    told = subprocess.run([sys.executable, str(script), *arguments], check=True, capture_output=True, text=True).stdout
    found = json.loads(told.splitlines()[-1])
    assert found["searched"] is search
    assert found["peak_gib"] < LIMIT_GIB
    label_map = nib.load(output)
    assert label_map.shape == SHAPE
    drawn, wanted = np.asarray(label_map.dataobj) == 2, np.zeros(SHAPE, bool)
    for kidney in KIDNEYS:
        wanted[kidney] = True
    if spacing_mm == list(SPACING_MM):
        assert np.array_equal(drawn, wanted)
    else:  # a prepared voxel's width at the border
        assert 2 * (drawn & wanted).sum() / (drawn.sum() + wanted.sum()) > 0.97
