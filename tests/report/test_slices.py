"""Slices as radiologists look at them."""

import numpy as np
import pytest

from kseg.errors import InputError
from kseg.images import Grid, Volume, write_nifti
from kseg.labels import Label
from kseg.outlines import Outline
from kseg.report.slices import AIR_HU, framed_slice, read_slices

ORIENTATIONS = {
    "RAS": np.diag([2.0, 2.0, 5.0, 1.0]),
    "LPS": np.diag([-2.0, -2.0, 5.0, 1.0]),
    "IPL": np.array([[0, 0, -2.0, 0], [0, -2.0, 0, 0], [-5.0, 0, 0, 0], [0, 0, 0, 1]]),
}


def write_body(folder, affine):
    """Write a CT in which one voxel is the patient's right front head end, in any order of the axes."""
    order = [int(np.argmax(np.abs(affine[:3, axis]))) for axis in range(3)]
    size = np.array([30, 30, 10])[order]
    grid = Grid(tuple(int(length) for length in size), affine)
    indices = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), axis=-1)
    places = indices @ affine[:3, :3].T
    right, front, up = np.moveaxis(places - places.reshape(-1, 3).min(axis=0), -1, 0)
    hu = np.where((right > 40) & (front > 40) & (up > 30), 300, 0).astype(np.int16)
    inside = (abs(right - 30) < 24) & (abs(front - 30) < 24) & (abs(up - 25) < 20)
    write_nifti(folder / "ct.nii.gz", hu, grid)
    write_nifti(folder / "parenchyma.nii.gz", inside.astype(np.uint8), grid)
    write_nifti(folder / "prediction.nii.gz", inside.astype(np.uint8) * np.uint8(Label.MEDULLA), grid)
    return folder / "ct.nii.gz", Outline((folder / "parenchyma.nii.gz",)), None, folder / "prediction.nii.gz"


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_the_patients_right_is_left_and_front_and_head_are_up(name, tmp_path):
    axial, coronal, sagittal = read_slices(*write_body(tmp_path, ORIENTATIONS[name]))
    assert [shown.plane for shown in (axial, coronal, sagittal)] == ["axial", "coronal", "sagittal"]
    assert axial.spacing_mm == (2, 2)
    assert coronal.spacing_mm == sagittal.spacing_mm == (5, 2)
    assert [shown.edges for shown in (axial, coronal, sagittal)] == [("R", "L"), ("R", "L"), ("A", "P")]
    for shown in (axial, coronal, sagittal):
        rows, columns = np.nonzero(shown.hu == 300)
        if len(rows):
            assert rows.max() < shown.hu.shape[0] / 2
            assert columns.max() < shown.hu.shape[1] / 2
    assert any((shown.hu == 300).any() for shown in (axial, coronal, sagittal))
    assert axial.reference.shape == axial.predicted.shape == axial.hu.shape
    assert (axial.reference == Label.UNDIVIDED).any()


def test_an_outline_on_another_grid_is_told(tmp_path):
    image, parenchyma, cortex, prediction = write_body(tmp_path, ORIENTATIONS["RAS"])
    write_nifti(prediction, np.zeros((3, 3, 3), dtype=np.uint8), Grid((3, 3, 3), np.eye(4)))
    with pytest.raises(InputError, match="lies on another grid"):
        read_slices(image, parenchyma, cortex, prediction)


def test_slices_are_those_in_which_the_kidneys_are_largest(tmp_path):
    grid = Grid((20, 20, 20), np.diag([-1.0, -1.0, 1.0, 1.0]))
    kidneys = np.zeros(grid.shape, dtype=np.uint8)
    kidneys[5:15, 4, 5:15] = 1
    kidneys[5:15, 4:10, 13] = 1
    write_nifti(tmp_path / "mask.nii.gz", kidneys, grid)
    write_nifti(tmp_path / "ct.nii.gz", np.indices(grid.shape)[2].astype(np.int16) + 1000, grid)
    mask = tmp_path / "mask.nii.gz"
    axial, coronal, sagittal = read_slices(tmp_path / "ct.nii.gz", Outline((mask,)), Outline((mask,)), mask)
    assert set(np.unique(axial.hu)) == {1013}
    assert (sagittal.reference > 0).sum() == 10 + 5  # ten high at the front, five more behind the 13th
    assert (coronal.reference > 0).sum() == 100


def test_a_missed_kidney_is_cut_where_the_outline_is(tmp_path):
    grid = Grid((60, 60, 20), np.diag([-1.0, -1.0, 1.0, 1.0]))
    empty, kidney = np.zeros(grid.shape, dtype=np.uint8), np.zeros(grid.shape, dtype=np.uint8)
    kidney[25:30, 25:30, 8:12] = 1
    write_nifti(tmp_path / "ct.nii.gz", empty.astype(np.int16), grid)
    write_nifti(tmp_path / "kidney.nii.gz", kidney, grid)
    write_nifti(tmp_path / "empty.nii.gz", empty, grid)
    outline = Outline((tmp_path / "kidney.nii.gz",))
    axial, _, _ = read_slices(tmp_path / "ct.nii.gz", outline, None, tmp_path / "empty.nii.gz")
    assert axial.hu.shape == (45, 45)  # 5 mm of kidney and 20 mm on either side
    assert not axial.predicted.any()


def framed_box(affine, size_mm, spacing_mm):
    """The framed slice of a box of kidney of that size in the middle of a CT of 600 x 600 mm; its HU say the slice."""
    shape = (round(600 / spacing_mm), round(600 / spacing_mm), 12)
    right, front, up = np.indices(shape)
    middle = shape[0] / 2
    inside = (abs(right - middle) * spacing_mm <= size_mm / 2) & (abs(front - middle) * spacing_mm <= 30) & (up >= 3)
    inside &= (up == 7) | (abs(right - middle) * spacing_mm <= size_mm / 4)  # the largest slice is the eighth
    labels = inside.astype(np.uint8) * np.uint8(Label.CORTEX)
    return framed_slice(Volume(up.astype(np.int16), Grid(shape, affine)), labels)


@pytest.mark.parametrize("spacing_mm", [0.7, 1.0, 2.0])
def test_a_framed_slice_shows_as_many_millimetres_of_every_patient(spacing_mm):
    shown = framed_box(np.diag([-spacing_mm, -spacing_mm, 5, 1]), 100, spacing_mm)
    assert shown.spacing_mm == pytest.approx((spacing_mm, spacing_mm))
    assert np.multiply(shown.hu.shape, spacing_mm) == pytest.approx((160, 260), abs=spacing_mm)
    assert shown.reference.shape == shown.hu.shape
    assert set(np.unique(shown.hu)) == {7}
    rows, columns = np.nonzero(shown.reference)
    assert abs((rows.min() + rows.max() + 1) / 2 - shown.hu.shape[0] / 2) <= 1
    assert abs((columns.min() + columns.max() + 1) / 2 - shown.hu.shape[1] / 2) <= 1
    assert shown.predicted is None


def test_a_frame_grows_in_its_proportions_where_kidneys_need_more():
    shown = framed_box(np.diag([-2.0, -2.0, 5, 1]), 300, 2.0)
    rows, columns = shown.hu.shape
    assert columns * 2 >= 300 + 2 * 20
    assert columns / rows == pytest.approx(260 / 160, abs=0.02)


def test_a_frame_that_leaves_the_ct_shows_air_there():
    grid = Grid((50, 50, 5), np.diag([1.0, 1.0, 4.0, 1.0]))  # RAS: the first voxels are the patient's left and back
    labels = np.zeros(grid.shape, np.uint8)
    labels[0:20, 30:50, 2] = Label.CORTEX
    shown = framed_slice(Volume(np.full(grid.shape, 40, np.int16), grid), labels)
    assert (shown.hu == 40).sum() == 50 * 50
    assert set(np.unique(shown.hu)) == {AIR_HU, 40}
    assert (shown.reference == Label.CORTEX).sum() == 400
    rows, columns = np.nonzero(shown.hu == 40)
    assert (shown.reference[rows.min() : rows.min() + 20, columns.max() - 19 : columns.max() + 1] == Label.CORTEX).all()
