"""Do two grids lie voxel on voxel, and which part of one holds what is drawn?"""

import numpy as np
import pytest

from kseg.images import Grid, bounding_box


def test_grids_a_corner_of_which_lies_elsewhere_are_not_the_same():
    grid = Grid((100, 100, 100), np.eye(4))
    stretched = Grid((100, 100, 100), np.diag([1.001, 1, 1, 1]))
    assert grid.apart_mm(stretched) == pytest.approx(0.1)  # a hundred voxels of a thousandth of a millimetre more
    assert not grid.same_as(stretched)
    assert grid.same_as(stretched, tolerance_mm=0.2)
    assert not grid.same_as(Grid((100, 100, 101), np.eye(4)))


def test_a_spacing_of_four_decimals_is_the_same():
    exact, rounded = (Grid((512, 512, 100), np.diag([mm, mm, 5, 1])) for mm in (0.703125, 0.7031))
    assert exact.same_as(rounded)


def test_a_grid_is_told_by_its_size_spacing_orientation_and_origin():
    affine = np.array([[-0.8, 0, 0, 50], [0, -0.8, 0, 60], [0, 0, 5, -70], [0, 0, 0, 1]])
    assert str(Grid((20, 16, 10), affine)) == "20 x 16 x 10 voxels of 0.8 x 0.8 x 5 mm, LPS from 50.0, 60.0, -70.0 mm"


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_box_of_a_mask_holds_all_of_it_and_no_more(order):
    mask = np.zeros((7, 8, 9), bool, order=order)
    mask[2, 3, 8] = mask[5, 3, 4] = True
    assert bounding_box(mask) == (slice(2, 6), slice(3, 4), slice(4, 9))
    assert bounding_box(np.zeros_like(mask)) == (slice(0, 0),) * 3
    assert bounding_box(mask[1:, :, 1:]) == (slice(1, 5), slice(3, 4), slice(3, 8))
