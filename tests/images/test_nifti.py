"""Is NIfTI read as nibabel reads it, and written so that it lies on its CT?"""

import gzip
import tracemalloc

import nibabel as nib
import numpy as np
import pytest

from kseg.errors import InputError
from kseg.images import Grid, read_grid, read_volume, write_label_map, write_nifti

TURN = np.linalg.qr(np.array([[0.0, -1.4, 0.1], [1.5, 0.0, 0.2], [0.1, 0.2, 2.5]]))[0]
OBLIQUE = np.array([*np.column_stack([TURN * [1.5, 1.4, 2.5], [12.3, -7.1, 99.9]]), [0, 0, 0, 1]])


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
    affine = OBLIQUE @ np.diag([0.5, 0.6, 1.2, 1])
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
        ("text.nii.gz", b"no gzip at all", "is not a NIfTI file"),
        ("text.nii.gz", b"\x1f\x8b no gzip though it begins so", "cannot be read"),
        ("text.nii", b"no NIfTI at all" * 100, "is not a NIfTI file"),
        ("empty.nii.gz", b"", "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path, reader, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as told:
        reader(tmp_path / name)
    assert name in str(told.value)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
def test_both_versions_and_byte_orders_are_read_in_this_machines_order(tmp_path, name, kind, order):
    voxels = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    nib.save(kind(voxels, OBLIQUE, kind.header_class(endianness=order), dtype=np.int16), tmp_path / name)
    read = read_volume(tmp_path / name)
    assert np.array_equal(read.voxels, voxels)
    assert read.voxels.dtype == np.dtype("=i2")
    assert np.allclose(read.grid.affine, OBLIQUE, atol=1e-5)  # stored as float32 in the first version


def test_values_are_rescaled_as_nibabel_rescales_them(tmp_path):
    image = nib.Nifti1Image(np.linspace(-1000, 400, 120).reshape(4, 5, 6), OBLIQUE)
    image.set_data_dtype(np.uint8)  # nibabel chooses a slope and an intercept
    nib.save(image, tmp_path / "ct.nii.gz")
    assert np.array_equal(read_volume(tmp_path / "ct.nii.gz").voxels, nib.load(tmp_path / "ct.nii.gz").get_fdata())


@pytest.mark.parametrize(("degrees", "taken"), [(89.6, True), (89.4, False), (90.4, True), (90.6, False)])
def test_axes_may_be_half_a_degree_off_right_angles(tmp_path, degrees, taken):
    affine = np.eye(4)
    affine[:2, 1] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    written_by_nibabel(tmp_path / "ct.nii", affine)
    if taken:
        assert np.allclose(read_grid(tmp_path / "ct.nii").affine, affine)
    else:
        with pytest.raises(InputError, match=f"axes 1 and 2 meet at {degrees} degrees"):
            read_grid(tmp_path / "ct.nii")


def test_the_first_member_of_gzip_need_not_be_the_last(tmp_path):
    content = written_by_nibabel(tmp_path / "ct.nii", OBLIQUE).to_bytes()
    (tmp_path / "ct.nii.gz").write_bytes(gzip.compress(content[:500]) + gzip.compress(content[500:]) + bytes(512))
    assert np.array_equal(read_volume(tmp_path / "ct.nii.gz").voxels, read_volume(tmp_path / "ct.nii").voxels)


def test_nothing_is_repaired_or_printed(tmp_path, capfd):
    written_by_nibabel(tmp_path / "ct.nii", OBLIQUE, bitpix=77, regular=b"x", sform_code=1)
    assert read_volume(tmp_path / "ct.nii").voxels.max() == 4 * 5 * 6 - 1
    written_by_nibabel(tmp_path / "ct.nii", OBLIQUE, pixdim=[1, -1, 1, 1, 0, 0, 0, 0])
    with pytest.raises(InputError, match="voxels of -1 x 1 x 1 mm"):
        read_grid(tmp_path / "ct.nii")
    assert capfd.readouterr() == ("", "")


def test_a_header_of_terabytes_allocates_nothing(tmp_path):
    content = bytearray(written_by_nibabel(tmp_path / "ct.nii", OBLIQUE).to_bytes())
    np.frombuffer(content, nib.nifti1.header_dtype, 1)["dim"] = [3, 30000, 30000, 30000, 1, 1, 1, 1]
    (tmp_path / "ct.nii.gz").write_bytes(gzip.compress(content))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="54000000000000 bytes, but the file holds 240 of them"):
            read_volume(tmp_path / "ct.nii.gz")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
