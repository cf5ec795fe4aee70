import nibabel as nib
import numpy as np
import pytest

from kseg.errors import InputError
from kseg.images import Grid, read_grid, read_volume, write_label_map, write_nifti

OBLIQUE = np.array([[0.0, -1.4, 0.1, 12.3], [1.5, 0.0, 0.2, -7.1], [0.1, 0.2, 2.5, 99.9], [0, 0, 0, 1]])


def written_by_nibabel(path, affine, **header):
    image = nib.Nifti1Image(np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6), affine)
    for field, value in header.items():
        image.header[field] = value
    nib.save(image, path)
    return image


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
def test_reads_what_nibabel_writes(tmp_path, name):
    image = written_by_nibabel(tmp_path / name, OBLIQUE)
    volume = read_volume(tmp_path / name)
    assert np.array_equal(volume.voxels, image.get_fdata())
    assert np.array_equal(volume.grid.affine, nib.load(tmp_path / name).affine)
    assert read_grid(tmp_path / name).same_as(volume.grid, tolerance_mm=0)
    assert volume.grid.orientation == "".join(nib.aff2axcodes(OBLIQUE))


def test_an_uncompressed_volume_is_mapped_not_read(tmp_path):
    written_by_nibabel(tmp_path / "ct.nii", OBLIQUE)
    assert isinstance(read_volume(tmp_path / "ct.nii").voxels, np.memmap)


@pytest.mark.parametrize("form", ["sform", "qform"])
def test_a_label_map_has_the_affine_of_its_ct_bit_for_bit(tmp_path, form):
    rotation = np.linalg.qr(OBLIQUE[:3, :3])[0]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = rotation * [0.7, 0.8, 3.0], OBLIQUE[:3, 3]
    ct = nib.Nifti1Image(np.zeros((4, 5, 6), np.int16), affine)
    ct.set_sform(affine, code=1 if form == "sform" else 0)
    ct.set_qform(affine, code=1)
    nib.save(ct, tmp_path / "ct.nii.gz")
    write_label_map(tmp_path / "label_map.nii.gz", np.ones((4, 5, 6), np.uint8), tmp_path / "ct.nii.gz")
    written = nib.load(tmp_path / "label_map.nii.gz")
    assert np.array_equal(written.affine, nib.load(tmp_path / "ct.nii.gz").affine)
    assert written.header.get_zooms() == nib.load(tmp_path / "ct.nii.gz").header.get_zooms()
    assert np.asarray(written.dataobj).sum() == 4 * 5 * 6


def test_a_label_map_takes_no_text_from_its_ct(tmp_path):
    written_by_nibabel(tmp_path / "ct.nii.gz", OBLIQUE, descrip=b"Jane Doe", intent_name=b"Jane", aux_file=b"Doe")
    write_label_map(tmp_path / "label_map.nii", np.ones((4, 5, 6), np.uint8), tmp_path / "ct.nii.gz")
    content = (tmp_path / "label_map.nii").read_bytes()
    assert b"Jane" not in content
    assert b"Doe" not in content


def test_a_label_map_of_another_shape_is_refused(tmp_path):
    written_by_nibabel(tmp_path / "ct.nii.gz", OBLIQUE)
    with pytest.raises(ValueError, match="does not fit"):
        write_label_map(tmp_path / "label_map.nii.gz", np.ones((4, 5, 7), np.uint8), tmp_path / "ct.nii.gz")
    assert not (tmp_path / "label_map.nii.gz").exists()


def test_a_failed_write_leaves_neither_file_nor_remains(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_nifti(tmp_path / "ct.nii", np.zeros((2, 2, 2)), Grid((2, 2, 2), np.eye(4)))
    assert list(tmp_path.iterdir()) == []


def test_a_trailing_axis_of_one_is_no_axis(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6, 1), np.int16), OBLIQUE), tmp_path / "ct.nii.gz")
    assert read_volume(tmp_path / "ct.nii.gz").voxels.shape == (4, 5, 6)


@pytest.mark.parametrize("reader", [read_volume, read_grid])
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.nii.gz", None, "no such file"),
        ("text.nii.gz", b"no gzip at all", "not a readable NIfTI file"),
        ("text.nii", b"no NIfTI at all" * 100, "not a readable NIfTI file"),
        ("empty.nii.gz", b"", "not a readable NIfTI file"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path, reader, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as told:
        reader(tmp_path / name)
    assert name in str(told.value)


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
def test_a_truncated_volume_is_told(tmp_path, name):
    written_by_nibabel(tmp_path / name, OBLIQUE)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) - 60])
    with pytest.raises(InputError, match=name):
        read_volume(tmp_path / name)


def test_two_volumes_are_no_case(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6, 2), np.int16), OBLIQUE), tmp_path / "ct.nii.gz")
    with pytest.raises(InputError, match="4 axes"):
        read_grid(tmp_path / "ct.nii.gz")


def test_grids_a_corner_of_which_lies_elsewhere_are_not_the_same():
    grid = Grid((100, 100, 100), np.eye(4))
    stretched = np.diag([1.001, 1, 1, 1])
    assert not grid.same_as(Grid((100, 100, 100), stretched))
    assert grid.same_as(Grid((100, 100, 100), stretched), tolerance_mm=0.2)
    assert not grid.same_as(Grid((100, 100, 101), np.eye(4)))
