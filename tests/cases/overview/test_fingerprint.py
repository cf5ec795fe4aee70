"""Is a case measured as it is?"""

import math

import numpy as np
import pytest
from scipy.spatial import KDTree

from kseg.cases.overview.fingerprint import slice_axis, take_fingerprint
from kseg.images import Grid, Volume
from kseg.labels import Label

SPACING_MM = (1.0, 1.0, 4.0)
GRID = Grid((120, 50, 16), np.diag([-1.0, -1.0, 4.0, 1.0]))  # LPS: the first voxels are the patient's right


def box_kidneys(*, left=True):
    """Two boxes of 10 x 10 x 5 voxels of 4 mm^3, 2 ml each: an outer half of cortex, an inner half of medulla."""
    labels = np.zeros(GRID.shape, np.uint8)
    for start in (20, 85) if left else (20,):
        labels[start : start + 10, 20:30, 5:10] = Label.CORTEX
        labels[start + 5 : start + 10, 20:30, 5:10] = Label.MEDULLA
    return labels


def ct_of(labels, around=-80):
    hu = np.full(labels.shape, around, np.int16)
    hu[labels == Label.CORTEX] = 210
    hu[labels == Label.MEDULLA] = 90
    return hu


def distances_mm(labels, spacing_mm=SPACING_MM):
    """From every voxel to the next one of a kidney, by SciPy's KD-tree."""
    places = np.stack(np.indices(labels.shape), axis=-1) * spacing_mm
    return KDTree(places[labels > 0]).query(places.reshape(-1, 3))[0].reshape(labels.shape)


def test_volumes_are_those_counted_by_hand():
    labels = box_kidneys()
    taken = take_fingerprint(Volume(ct_of(labels), GRID), labels)
    assert (taken.parenchyma_ml, taken.cortex_ml, taken.medulla_ml) == (4, 2, 2)
    assert (taken.right_ml, taken.left_ml, taken.kidneys) == (2, 2, 2)


def test_brightness_is_that_of_each_region():
    labels = box_kidneys()
    hu = ct_of(labels)
    hu[labels == Label.CORTEX] = np.arange(500) % 100 + 150  # 150 to 249, each five times
    taken = take_fingerprint(Volume(hu, GRID), labels)
    assert taken.cortex.median_hu == 199.5
    assert (taken.cortex.p5_hu, taken.cortex.p95_hu) == pytest.approx((154.5, 244.5), abs=0.5)
    assert taken.medulla.median_hu == 90
    assert taken.around.median_hu == -80


def test_around_reaches_ten_millimetres_and_no_further():
    labels = box_kidneys()
    away = distances_mm(labels)
    hu = ct_of(labels)
    hu[away > 10] = 700
    assert take_fingerprint(Volume(hu, GRID), labels).around.p95_hu == -80
    hu[(away > 8) & (away <= 10)] = 60
    assert take_fingerprint(Volume(hu, GRID), labels).around.p95_hu == 60


def test_around_is_sampled_without_bias_where_voxels_are_small():
    grid = Grid((90, 90, 60), np.diag([-0.7, -0.7, 1.0, 1.0]))
    labels = np.zeros(grid.shape, np.uint8)
    labels[30:60, 30:60, 20:40] = Label.UNDIVIDED
    hu = (np.indices(grid.shape).sum(axis=0) * 2).astype(np.int16)
    away = distances_mm(labels, (0.7, 0.7, 1.0))
    expected = np.median(hu[(away > 0) & (away <= 10)])
    assert take_fingerprint(Volume(hu, grid), labels).around.median_hu == pytest.approx(expected, abs=5)


def test_a_case_without_a_cortex_has_none():
    labels = np.where(box_kidneys() > 0, Label.UNDIVIDED, 0).astype(np.uint8)
    taken = take_fingerprint(Volume(np.where(labels, 130, -80).astype(np.int16), GRID), labels)
    assert taken.parenchyma_ml == 4
    assert taken.parenchyma.median_hu == 130
    assert math.isnan(taken.cortex_ml)
    assert math.isnan(taken.medulla_ml)
    assert math.isnan(taken.cortex.median_hu)


def test_a_lone_kidney_is_counted_once():
    labels = box_kidneys(left=False)
    taken = take_fingerprint(Volume(ct_of(labels), GRID), labels)
    assert (taken.kidneys, taken.right_ml, taken.left_ml) == (1, 2, 0)


@pytest.mark.parametrize(("first", "cut_off"), [(0, True), (1, False), (11, True), (10, False)])
def test_a_kidney_at_the_first_or_last_slice_is_probably_cut_off(first, cut_off):
    labels = np.zeros(GRID.shape, np.uint8)
    labels[20:30, 20:30, first : first + 5] = Label.UNDIVIDED
    assert take_fingerprint(Volume(ct_of(labels), GRID), labels).at_the_edge is cut_off


@pytest.mark.parametrize(
    ("spacing_mm", "axes", "axis"),
    [
        ((0.8, 0.8, 3.0), (0, 1, 2), 2),  # as most scanners store it
        ((3.0, 0.8, 0.8), (2, 1, 0), 0),  # as KiTS does
        ((0.9, 0.9, 0.5), (0, 1, 2), 2),  # slices closer than the voxels in them
        ((1.5, 1.5, 1.5), (2, 0, 1), 0),  # all alike: from head to feet
        ((0.8, 2.0, 0.8), (0, 1, 2), 1),  # reformatted to coronal slices
    ],
)
def test_slices_lie_along_the_axis_whose_spacing_is_unlike_the_others(spacing_mm, axes, axis):
    affine = np.zeros((4, 4))
    affine[list(axes), range(3)], affine[3, 3] = spacing_mm, 1
    assert slice_axis(Grid((40, 50, 60), affine)) == axis


def test_geometry_is_told_by_the_patients_directions():
    """Voxels stand as in KiTS: from head to feet first."""
    grid = Grid((20, 60, 100), np.array([[0, 0, -2.0, 0], [0, -1.5, 0, 0], [-5.0, 0, 0, 0], [0, 0, 0, 1]]))
    labels = np.zeros(grid.shape, np.uint8)
    labels[5:10, 20:30, 40:50] = Label.UNDIVIDED
    taken = take_fingerprint(Volume(ct_of(labels), grid), labels)
    assert taken.reach_mm == (200, 90, 100)
    assert (taken.slices, taken.between_slices_mm) == (20, 5)
    assert taken.in_plane_mm == pytest.approx(math.sqrt(3))
