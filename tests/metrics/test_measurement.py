"""Are the numbers of a label map those of a count by hand, the patient's right kidney's under right?"""

import math

import numpy as np
import pytest

from kseg.metrics.measurement import measure
from kseg.metrics.sides import tell_sides_apart

SPACING_MM = (2.0, 1.0, 5.0)
AFFINE = np.diag([*SPACING_MM, 1.0])  # the first axis runs to the patient's right
LEFT, RIGHT = np.s_[2:12, 4:24, 1:5], np.s_[32:47, 4:24, 1:5]  # 10 x 20 x 4 and 15 x 20 x 4 voxels of 0.01 ml
VALUES = ("parenchyma{}_ml", "cortex{}_ml", "medulla{}_ml", "cortical_fraction{}", "cortical_thickness{}_mm")


def two_boxes(labels=(2, 1)):
    cortex, medulla = labels
    label_map = np.zeros((50, 30, 8), np.uint8)
    label_map[LEFT] = label_map[RIGHT] = cortex
    label_map[5:9, 9:19, 2:4] = medulla  # 4 x 10 x 2 in the left one
    label_map[36:43, 9:19, 2:4] = medulla  # 7 x 10 x 2 in the right one
    return label_map


def measured(label_map, *, divided=True):
    return measure(label_map, tell_sides_apart(label_map > 0, AFFINE), SPACING_MM, divided=divided)


def test_volumes_and_fractions_are_those_of_a_count_by_hand():
    found = measured(two_boxes())
    counted = {"parenchyma": (8, 12), "cortex": (8 - 0.8, 12 - 1.4), "medulla": (0.8, 1.4)}
    for structure, (left, right) in counted.items():
        assert found[f"{structure}_left_ml"] == pytest.approx(left)
        assert found[f"{structure}_right_ml"] == pytest.approx(right)
        assert found[f"{structure}_ml"] == pytest.approx(left + right)
    assert found["cortical_fraction_left"] == 0.9  # 7.2 / 8
    assert found["cortical_fraction_right"] == 0.883  # 10.6 / 12
    assert found["cortical_fraction"] == 0.89  # 17.8 / 20


def test_columns_stand_in_the_order_of_a_reader():
    assert list(measured(two_boxes())) == [value.format(side) for side in ("", "_right", "_left") for value in VALUES]


def test_the_thickness_of_both_lies_between_those_of_each():
    found = measured(two_boxes())
    thinner, thicker = sorted(found[f"cortical_thickness_{side}_mm"] for side in ("left", "right"))
    assert 0 < thinner <= found["cortical_thickness_mm"] <= thicker


def test_an_undivided_parenchyma_has_a_volume_and_nothing_else():
    found = measured(two_boxes(labels=(3, 3)), divided=False)
    assert found["parenchyma_ml"] == pytest.approx(20)
    assert all(math.isnan(value) for name, value in found.items() if not name.startswith("parenchyma"))


def test_of_a_kidney_that_is_not_there_nothing_is_measured():
    label_map = two_boxes()
    label_map[LEFT] = 0
    found = measured(label_map)
    assert found["parenchyma_right_ml"] == found["parenchyma_ml"] == pytest.approx(12)
    assert all(math.isnan(found[value.format("_left")]) for value in VALUES)


def test_where_nothing_is_outlined_the_volume_is_zero():
    found = measured(np.zeros((50, 30, 8), np.uint8))
    assert found["parenchyma_ml"] == found["cortex_ml"] == found["medulla_ml"] == 0
    assert math.isnan(found["cortical_fraction"])
    assert math.isnan(found["cortical_thickness_mm"])
