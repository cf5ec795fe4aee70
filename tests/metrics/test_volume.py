"""Volumes and their errors."""

import math

import numpy as np
import pytest

from kseg.metrics.volume import (
    absolute_volume_error_ml,
    absolute_volume_error_percent,
    volume_error_ml,
    volume_error_percent,
    volume_ml,
)

SPACING_MM = (0.5, 2.0, 5.0)  # a voxel of 5 mm^3


def mask(voxels):
    drawn = np.zeros(1000, dtype=bool)
    drawn[:voxels] = True
    return drawn.reshape(10, 10, 10)


def test_a_volume_is_voxels_times_their_size():
    assert volume_ml(mask(400), SPACING_MM) == pytest.approx(2)
    assert volume_ml(mask(0), SPACING_MM) == 0


def test_an_error_is_positive_where_the_prediction_is_too_large():
    assert volume_error_ml(mask(400), mask(500), SPACING_MM) == pytest.approx(0.5)
    assert volume_error_percent(mask(400), mask(500), SPACING_MM) == pytest.approx(25)
    assert volume_error_ml(mask(400), mask(300), SPACING_MM) == pytest.approx(-0.5)


def test_a_missed_structure_is_an_error_of_minus_100_percent():
    assert volume_error_percent(mask(400), mask(0), SPACING_MM) == -100


def test_a_percentage_of_nothing_is_nan():
    assert math.isnan(volume_error_percent(mask(0), mask(100), SPACING_MM))


@pytest.mark.parametrize("predicted", [100, 700])
def test_an_absolute_error_does_not_say_in_which_direction(predicted):
    # by hand: 300 voxels of 5 mm^3 more or fewer than 400
    assert absolute_volume_error_ml(mask(400), mask(predicted), SPACING_MM) == pytest.approx(1.5)
    assert absolute_volume_error_percent(mask(400), mask(predicted), SPACING_MM) == pytest.approx(75)


def test_an_absolute_share_of_an_empty_outline_is_nan():
    assert math.isnan(absolute_volume_error_percent(mask(0), mask(100), SPACING_MM))
