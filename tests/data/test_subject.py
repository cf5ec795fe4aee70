from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torchio as tio

from kseg.clinical.cohort import Case
from kseg.data.cutting import WarpSampler
from kseg.data.prepared import PreparedCase
from kseg.data.subject import mapped_subject
from kseg.data.warp import AS_IT_IS, Rotation, Scaling, Warping
from kseg.images import Grid, write_nifti


@pytest.fixture
def large(tmp_path):
    """A prepared case of 31 MB, of which a patch needs one part in a hundred."""
    grid = Grid((250, 250, 250), np.diag([1.5, 1.5, 1.5, 1]))
    write_nifti(tmp_path / "ct.nii", np.full(grid.shape, 40, np.int16), grid)
    write_nifti(tmp_path / "label_map.nii", np.ones(grid.shape, np.uint8), grid)
    return PreparedCase(Case("P1", "P1", "mild", "train", tmp_path, None, None), tmp_path)


def resident_bytes(file):
    """How much of a mapped file this process has touched, as the kernel counts it."""
    entries = Path("/proc/self/smaps").read_text().split(str(file))[1:]
    return sum(int(entry.split("Rss:")[1].split()[0]) * 1024 for entry in entries)


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="the kernel does not say what was touched")
@pytest.mark.parametrize("warping", [AS_IT_IS, Warping(Rotation(1, 30), Scaling(1, (0.7, 1.4)))])
def test_no_case_is_read_whole_to_cut_a_patch(large, warping):
    subject = mapped_subject(large)
    subject.load()
    cuts = WarpSampler((24, 24, 24), warping).cut(subject, np.array([110, 90, 100]), np.random.default_rng(0))
    for file, box in (("ct.nii", cuts.ct_hu), ("label_map.nii", cuts.label_map)):
        # what the kernel maps around a page that is touched (64 KiB and more) is counted too
        touched, whole = resident_bytes(large.folder / file), (large.folder / file).stat().st_size
        assert box.voxels.numel() * box.voxels.itemsize < touched < whole / 2
    subject["ct"].data.sum()
    assert resident_bytes(large.folder / "ct.nii") > 0.99 * 250**3 * 2  # so that the counts above are counts


def test_torchio_sees_the_voxels_and_the_geometry_that_nibabel_reads(prepared):
    subject = mapped_subject(prepared[0])
    for name in ("ct", "label_map"):
        file = nib.load(prepared[0].folder / f"{name}.nii")
        assert np.array_equal(subject[name].data[0], np.asarray(file.dataobj))
        assert np.allclose(subject[name].affine, file.affine)
    assert subject["ct"].spacing == pytest.approx((2, 2, 2))
    assert isinstance(subject["ct"], tio.ScalarImage)
    assert isinstance(subject["label_map"], tio.LabelMap)


def test_nothing_is_opened_before_it_is_asked_for(prepared):
    subject = mapped_subject(prepared[0])
    (prepared[0].folder / "ct.nii").unlink()
    assert subject["label_map"].data.any()
