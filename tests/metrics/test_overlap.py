"""Dice."""

import math

import numpy as np
import pytest

from kseg.metrics.overlap import dice


def mask(*voxels):
    drawn = np.zeros((4, 4, 1), dtype=bool)
    for voxel in voxels:
        drawn[voxel] = True
    return drawn


def test_dice_equals_a_hand_count():
    reference, predicted = mask((0, 0), (0, 1), (0, 2)), mask((0, 1), (0, 2), (0, 3), (1, 0), (1, 1))
    assert dice(reference, predicted) == 2 * 2 / (3 + 5)


def test_dice_is_1_for_equal_masks_and_0_for_masks_apart():
    assert dice(mask((0, 0), (1, 1)), mask((0, 0), (1, 1))) == 1
    assert dice(mask((0, 0)), mask((1, 1))) == 0


def test_dice_is_nan_when_both_masks_are_empty():
    assert math.isnan(dice(mask(), mask()))


@pytest.mark.parametrize(("reference", "predicted"), [(mask(), mask((0, 0))), (mask((0, 0)), mask())])
def test_dice_is_0_when_one_mask_is_empty(reference, predicted):
    assert dice(reference, predicted) == 0
