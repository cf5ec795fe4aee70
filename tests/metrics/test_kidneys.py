"""Kidneys of the outlines and of a prediction."""

import numpy as np
import pytest

from kseg.metrics.kidneys import sides_of_both
from kseg.metrics.sides import Side

SHAPE = (100, 20, 20)
RAS = np.diag([1.0, 1.0, 1.0, 1.0])
LEFT, RIGHT = np.s_[10:25, 4:14, 2:18], np.s_[75:90, 4:14, 2:18]
SPLEEN = np.s_[2:8, 4:14, 2:18]


def mask_of(*blocks):
    mask = np.zeros(SHAPE, bool)
    for block in blocks:
        mask[block] = True
    return mask


def sides_at(voxels, *blocks):
    return [set(np.unique(voxels[block])) for block in blocks]


@pytest.mark.parametrize("flipped", [False, True])
def test_both_maps_are_divided_alike_however_they_are_stored(flipped):
    affine = RAS
    outlined, predicted = mask_of(LEFT, RIGHT), mask_of(LEFT, np.s_[70:92, 4:14, 2:18])
    if flipped:
        affine = np.diag([-1.0, 1.0, 1.0, 1.0])
        affine[0, 3] = SHAPE[0] - 1
        outlined, predicted = outlined[::-1], predicted[::-1]
    found = [voxels[::-1] if flipped else voxels for voxels in sides_of_both(outlined, predicted, affine)]
    assert sides_at(found[0], LEFT, RIGHT) == [{Side.LEFT}, {Side.RIGHT}]
    assert sides_at(found[1], LEFT, np.s_[70:92, 4:14, 2:18]) == [{Side.LEFT}, {Side.RIGHT}]


def test_a_predicted_bridge_does_not_make_one_kidney_of_two():
    bridge = np.s_[25:75, 8:10, 8:10]
    _, found = sides_of_both(mask_of(LEFT, RIGHT), mask_of(LEFT, RIGHT, bridge), RAS)
    assert sides_at(found, LEFT, RIGHT) == [{Side.LEFT}, {Side.RIGHT}]
    assert sides_at(found, np.s_[25:49, 8:10, 8:10], np.s_[51:75, 8:10, 8:10]) == [{Side.LEFT}, {Side.RIGHT}]


def test_a_missed_kidney_leaves_its_side_empty():
    _, found = sides_of_both(mask_of(LEFT, RIGHT), mask_of(LEFT), RAS)
    assert set(np.unique(found)) == {0, Side.LEFT}


def test_beside_a_lone_outlined_kidney_what_is_predicted_across_the_middle_is_the_other_side():
    reference, found = sides_of_both(mask_of(LEFT), mask_of(LEFT, SPLEEN, RIGHT), RAS)
    assert set(np.unique(reference)) == {0, Side.LEFT}
    assert sides_at(found, LEFT, SPLEEN, RIGHT) == [{Side.LEFT}, {Side.LEFT}, {Side.RIGHT}]


def test_without_outlines_the_prediction_is_divided_by_itself():
    reference, found = sides_of_both(mask_of(), mask_of(LEFT, RIGHT), RAS)
    assert not reference.any()
    assert sides_at(found, LEFT, RIGHT) == [{Side.LEFT}, {Side.RIGHT}]


def test_nothing_at_all_has_no_side():
    assert not any(voxels.any() for voxels in sides_of_both(mask_of(), mask_of(), RAS))
