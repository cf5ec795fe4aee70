"""Is NRRD read as SimpleITK reads it?"""

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK

from kseg.errors import InputError
from kseg.images import read_grid, read_volume, write_label_map

TURN = np.linalg.qr(np.array([[0.2, -1.4, 0.1], [1.5, 0.1, 0.2], [0.1, 0.2, 2.5]]))[0]
FIELDS = {"space directions": (TURN * [0.7, 0.8, 3.0]).T, "space origin": [-100.5, 20.25, 1200.0]}
VOXELS = np.random.default_rng(1).integers(-1024, 1500, (4, 5, 6)).astype(np.int16)


def write(path, voxels=VOXELS, space="left-posterior-superior", **fields):
    nrrd.write(str(path), voxels, {"space": space, **FIELDS, **fields})


def by_simpleitk(path):
    """Voxels in the order (X, Y, Z), and the affine in RAS+: SimpleITK counts towards left and posterior."""
    image = SimpleITK.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return SimpleITK.GetArrayFromImage(image).T, np.diag([-1, -1, 1, 1]) @ affine


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize("space", ["left-posterior-superior", "right-anterior-superior", "left-anterior-superior"])
def test_voxels_and_places_are_those_that_simpleitk_reads(tmp_path, space, encoding):
    write(tmp_path / "ct.nrrd", space=space, encoding=encoding)
    read, (voxels, affine) = read_volume(tmp_path / "ct.nrrd"), by_simpleitk(tmp_path / "ct.nrrd")
    assert np.array_equal(read.voxels, voxels)
    assert np.allclose(read.grid.affine, affine, atol=1e-9)
    assert read_grid(tmp_path / "ct.nrrd").same_as(read.grid, tolerance_mm=0)


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_all_types_of_numbers_are_read_in_this_machines_order(tmp_path, kind, order):
    voxels = VOXELS.astype(np.dtype(kind)).astype(np.dtype(order + kind))
    write(tmp_path / "ct.nrrd", voxels)
    read = read_volume(tmp_path / "ct.nrrd").voxels
    assert np.array_equal(read, voxels)
    assert read.dtype == np.dtype(kind)


def test_what_simpleitk_writes_is_read(tmp_path):
    image = SimpleITK.GetImageFromArray(VOXELS.T)
    image.SetSpacing([0.7, 0.8, 3.0])
    image.SetDirection(TURN.ravel().tolist())
    SimpleITK.WriteImage(image, str(tmp_path / "ct.nrrd"), useCompression=True)
    read, (voxels, affine) = read_volume(tmp_path / "ct.nrrd"), by_simpleitk(tmp_path / "ct.nrrd")
    assert np.array_equal(read.voxels, VOXELS)
    assert np.array_equal(read.voxels, voxels)
    assert np.allclose(read.grid.affine, affine, atol=1e-9)


def test_segments_of_3d_slicer_are_a_label_map(tmp_path):
    segments = {"Segment0_Name": "Parenchyma", "Segment0_LabelValue": "1", "Segment0_Extent": "0 3 0 4 0 5"}
    write(tmp_path / "kidneys.seg.nrrd", (VOXELS > 0).astype(np.uint8), kinds=["domain"] * 3, **segments)
    assert np.array_equal(read_volume(tmp_path / "kidneys.seg.nrrd").voxels, VOXELS > 0)


def test_raw_voxels_are_mapped_not_read(tmp_path):
    write(tmp_path / "ct.nrrd", encoding="raw")
    assert isinstance(read_volume(tmp_path / "ct.nrrd").voxels, np.memmap)


def test_a_label_map_lies_on_its_nrrd_ct_and_takes_no_text_from_it(tmp_path):
    write(tmp_path / "ct.nrrd", content="Jane Doe", patient="Jane Doe")
    label_map = (VOXELS > 0).astype(np.uint8)
    write_label_map(tmp_path / "label_map.nii.gz", label_map, tmp_path / "ct.nrrd")
    written = nib.load(tmp_path / "label_map.nii.gz")
    assert np.array_equal(written.dataobj, label_map)
    assert np.allclose(written.affine, by_simpleitk(tmp_path / "ct.nrrd")[1], atol=1e-4)
    assert read_grid(tmp_path / "label_map.nii.gz").same_as(read_grid(tmp_path / "ct.nrrd"))
    assert b"Jane" not in written.to_bytes()


def test_a_header_that_ends_too_soon_is_told(tmp_path):
    (tmp_path / "ct.nrrd").write_bytes(b"NRRD0005\ntype: short\ndimension: 3\n")
    with pytest.raises(InputError, match=r"ct\.nrrd: "):
        read_volume(tmp_path / "ct.nrrd")
