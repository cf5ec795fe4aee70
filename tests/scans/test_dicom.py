"""Is a DICOM series the volume that it was made of, as SimpleITK and highdicom place it?"""

import itertools
import locale
import tracemalloc

import highdicom
import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import RLELossless
from scipy.spatial.transform import Rotation

from kseg.images import read_volume, write_nifti
from kseg.scans import list_scans

TURN = Rotation.from_euler("xyz", [11, -7, 23], degrees=True).as_matrix()
SPACING_MM = [0.7, 0.8, 2.5]


def placed(turn=TURN, spacing_mm=SPACING_MM, origin=(-100.5, 20.25, 1200.0)):
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * spacing_mm, origin
    return affine


AFFINE = placed()


def read(folder):
    (scan,), remarks = list_scans(folder)
    assert remarks == []
    return scan.read()


def by_simpleitk(folder):
    """Voxels in the order (X, Y, Z), and the affine in RAS+."""
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return SimpleITK.GetArrayFromImage(image).T, np.diag([-1, -1, 1, 1]) @ affine


def in_the_patient(volume, affine, shape):
    """A volume's voxels in another affine's order, if they lie on the same grid."""
    index = np.indices(shape).reshape(3, -1)
    there = np.linalg.solve(volume.grid.affine, affine @ np.vstack([index, np.ones(index.shape[1])]))[:3]
    assert np.abs(there - np.rint(there)).max() < 1e-3
    return volume.voxels[tuple(np.rint(there).astype(int))].reshape(shape)


def test_shuffled_oblique_slices_are_the_volume_that_simpleitk_reads(tmp_path, dicom_series, ct_hu):
    volume = read(dicom_series(tmp_path, ct_hu, AFFINE))
    voxels, affine = by_simpleitk(tmp_path)
    assert np.array_equal(volume.voxels, voxels)
    assert np.allclose(volume.grid.affine, affine, atol=1e-4)
    assert volume.voxels.dtype == np.int16
    assert np.array_equal(in_the_patient(volume, AFFINE, ct_hu.shape), ct_hu)


def test_slices_are_the_volume_that_highdicom_makes_of_them(tmp_path, dicom_series, ct_hu):
    volume = read(dicom_series(tmp_path, ct_hu, AFFINE))
    other = highdicom.get_volume_from_series([dcmread(file) for file in tmp_path.iterdir()])  # slices, rows, columns
    there = np.linalg.solve(volume.grid.affine, np.diag([-1, -1, 1, 1]) @ other.affine)[:3]
    index = np.indices(other.spatial_shape).reshape(3, -1)
    x, y, z = np.rint(there @ np.vstack([index, np.ones(index.shape[1])])).astype(int)
    assert np.abs(there - np.rint(there)).max() < 1e-3
    assert np.array_equal(volume.voxels[x, y, z], other.array.ravel())


def test_a_phantom_as_dicom_is_its_nifti_voxel_for_voxel(tmp_path, dicom_series, phantom):
    write_nifti(tmp_path / "ct.nii.gz", phantom.ct_hu, phantom.grid)
    nifti = read_volume(tmp_path / "ct.nii.gz")
    volume = read(dicom_series(tmp_path / "series", phantom.ct_hu, phantom.grid.affine))
    assert np.array_equal(in_the_patient(volume, nifti.grid.affine, nifti.voxels.shape), nifti.voxels)
    if np.linalg.det(phantom.grid.affine[:3, :3]) > 0:
        assert volume.grid.same_as(nifti.grid)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    mirrored=st.booleans(),
    spacing_mm=st.tuples(*[st.floats(0.3, 6)] * 3),
    shuffle=st.integers(0, 1000),
)
def test_any_orientation_is_placed_as_it_was_written(
    tmp_path_factory, dicom_series, ct_hu, angles, mirrored, spacing_mm, shuffle
):
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag([1, 1, -1 if mirrored else 1])
    affine = placed(turn, spacing_mm)
    volume = read(dicom_series(tmp_path_factory.mktemp("series"), ct_hu, affine, shuffle=shuffle))
    assert np.array_equal(in_the_patient(volume, affine, ct_hu.shape), ct_hu)


@pytest.mark.parametrize(
    ("slope", "intercept", "kind"), [(1, 0, "i2"), (2, -1024, "i2"), (0.5, -1024, "f4"), (1, -1024.25, "f4")]
)
def test_values_are_rescaled_as_simpleitk_rescales_them(tmp_path, dicom_series, ct_hu, slope, intercept, kind):
    ct_hu = np.maximum(ct_hu, intercept) + (0.5 if slope < 1 else 0)
    volume = read(dicom_series(tmp_path, ct_hu, AFFINE, slope=slope, intercept=intercept))
    assert np.array_equal(volume.voxels, by_simpleitk(tmp_path)[0])
    assert volume.voxels.dtype == np.dtype(kind)


def test_every_slice_is_rescaled_by_its_own_slope(tmp_path, dicom_image, ct_hu):
    for index in range(ct_hu.shape[2]):
        slope = 1 + index % 2 * 0.5
        dicom_image(ct_hu[:, :, index] // 3 * 3, AFFINE, index, slope=slope, intercept=-1002 - index).save_as(
            tmp_path / f"{index}.dcm", enforce_file_format=True
        )
    volume = read(tmp_path)
    for index, slope in zip(range(ct_hu.shape[2]), itertools.cycle([1, 1.5])):
        there = in_the_patient(volume, AFFINE, ct_hu.shape)[:, :, index]
        assert np.abs(there - ct_hu[:, :, index] // 3 * 3).max() <= slope / 2
    first = dcmread(tmp_path / "1.dcm")
    assert np.array_equal(
        in_the_patient(volume, AFFINE, ct_hu.shape)[:, :, 1].T, first.pixel_array * 1.5 - 1003
    )  # by pydicom, and part 3, C.11.1.1.2: output = slope * stored + intercept


def test_values_beyond_16_bits_are_kept(tmp_path, dicom_series, ct_hu):
    ct_hu = ct_hu.astype(np.int32)
    ct_hu[5, 6, 4] = 40000
    volume = read(dicom_series(tmp_path, ct_hu, AFFINE))
    assert volume.voxels.max() == 40000
    assert np.array_equal(volume.voxels, by_simpleitk(tmp_path)[0])


def test_the_sign_of_12_stored_bits_is_kept(tmp_path, dicom_image, ct_hu):
    for index in range(ct_hu.shape[2]):
        bits = dict(BitsStored=12, HighBit=11, PixelRepresentation=1, RescaleIntercept="0")
        stored = (ct_hu[:, :, index].T & 0xFFF).astype("<u2").tobytes()  # the four unused bits are not of the number
        made = dicom_image(ct_hu[:, :, index], AFFINE, index, **bits, PixelData=stored)
        made.save_as(tmp_path / f"{index}.dcm", enforce_file_format=True)
    assert np.array_equal(in_the_patient(read(tmp_path), AFFINE, ct_hu.shape), ct_hu)


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
def test_what_gdcm_compressed_without_loss_is_read(tmp_path, dicom_series, ct_hu, compressor):
    dicom_series(tmp_path / "plain", ct_hu, AFFINE, BitsStored=12, HighBit=11)  # else GDCM makes 32 bits of them
    writer = SimpleITK.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetUseCompression(True)
    writer.SetCompressor(compressor)
    writer.KeepOriginalImageUIDOn()
    (tmp_path / "packed").mkdir()
    before = locale.setlocale(locale.LC_ALL)
    for file in (tmp_path / "plain").iterdir():
        writer.SetFileName(str(tmp_path / "packed" / f"{file.name}.dcm"))
        writer.Execute(SimpleITK.ReadImage(str(file)))
    locale.setlocale(locale.LC_ALL, before)  # which GDCM leaves changed
    assert all(dcmread(file).file_meta.TransferSyntaxUID.is_compressed for file in (tmp_path / "packed").iterdir())
    volume = read(tmp_path / "packed")
    assert locale.setlocale(locale.LC_ALL) == before
    assert np.array_equal(in_the_patient(volume, AFFINE, ct_hu.shape), ct_hu)


def test_run_lengths_are_read(tmp_path, dicom_series, ct_hu):
    for file in dicom_series(tmp_path, ct_hu, AFFINE).iterdir():
        packed = dcmread(file)
        packed.compress(RLELossless)
        packed.save_as(file)
    assert np.array_equal(in_the_patient(read(tmp_path), AFFINE, ct_hu.shape), ct_hu)


def test_files_without_their_preamble_are_read(tmp_path, dicom_series, ct_hu):
    for file in dicom_series(tmp_path, ct_hu, AFFINE).iterdir():
        dcmread(file).save_as(file, enforce_file_format=False)
        file.write_bytes(file.read_bytes()[132:])
    assert np.array_equal(in_the_patient(read(tmp_path), AFFINE, ct_hu.shape), ct_hu)


def test_an_enhanced_ct_that_highdicom_made_of_slices_is_the_same_volume(tmp_path, dicom_series, ct_hu):
    files = sorted(dicom_series(tmp_path / "slices", ct_hu, AFFINE).iterdir())
    sources = [dcmread(file) for file in files]
    made = highdicom.legacy.LegacyConvertedEnhancedCTImage(sources, "1.2.4", 5, "1.2.4.1", 1)
    (tmp_path / "enhanced").mkdir()
    made.save_as(tmp_path / "enhanced" / "one.dcm")
    volume, slices = read(tmp_path / "enhanced"), read(tmp_path / "slices")
    assert [scan.name for scan in list_scans(tmp_path)[0]] == ["enhanced_one", "slices"]
    assert np.array_equal(volume.voxels, slices.voxels)
    assert volume.grid.same_as(slices.grid)


def test_no_more_than_the_volume_and_a_slice_are_in_memory(tmp_path, dicom_series):
    ct_hu = np.zeros((256, 256, 32), np.int16)
    folder = dicom_series(tmp_path, ct_hu, placed(np.eye(3)))
    (scan,), _ = list_scans(folder)
    tracemalloc.start()
    try:
        scan.read()
        assert tracemalloc.get_traced_memory()[1] < 1.5 * ct_hu.nbytes
    finally:
        tracemalloc.stop()
