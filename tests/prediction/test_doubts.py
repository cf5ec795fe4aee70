"""Is a reader told of kidneys that are not whole, not two, or not of a kidney's size?"""

import numpy as np
import pytest

from kseg.images import Grid
from kseg.metrics.sides import tell_sides_apart
from kseg.prediction.doubts import doubts

RAS = np.diag([2.0, 2.0, 2.0, 1.0])
LEFT, RIGHT = np.s_[20:45, 30:55, 20:60], np.s_[75:100, 30:55, 20:60]  # 25 x 25 x 40 voxels of 0.008 ml: 200 ml
SHAPE = (120, 80, 80)
ENDS = [("lower", 2, 0), ("upper", 2, -1), ("left", 0, 0), ("right", 0, -1), ("back", 1, 0), ("front", 1, -1)]
"""The borders of a volume whose axes run to the patient's right, front and head."""


def told(*parts, affine=RAS, flip=()):
    mask = np.zeros(SHAPE, bool)
    for part in parts:
        mask[part] = True
    mask = np.flip(mask, flip)
    return doubts(tell_sides_apart(mask, affine), Grid(mask.shape, affine))


def test_of_two_whole_kidneys_there_is_nothing_to_tell():
    assert told(LEFT, RIGHT) == []


def test_no_kidney_is_told():
    assert told() == ["no kidney was found"]


def test_a_lone_kidney_is_told_with_its_side():
    (line,) = told(RIGHT)
    assert line.startswith("one kidney only, the right one")


def test_a_horseshoe_kidney_is_told():
    (line,) = told(np.s_[35:85, 30:55, 20:40])  # 50 x 25 x 20 voxels, 200 ml
    assert "crosses the midline" in line


@pytest.mark.parametrize(("end", "axis", "place"), ENDS)
def test_a_kidney_at_the_cts_border_is_told_with_its_side_and_the_border(end, axis, place):
    reach = [slice(start.start, start.stop) for start in (LEFT if end == "left" else RIGHT)]
    reach[axis] = slice(0, reach[axis].stop) if place == 0 else slice(reach[axis].start, None)
    side = "left" if end == "left" else "right"
    if axis == 0 and place == 0:
        reach[0] = slice(0, 30)
    parts = [tuple(reach), RIGHT if side == "left" else LEFT]
    assert [line for line in told(*parts) if "cut" in line] == [
        f"the {side} kidney is cut by the CT's {end} border; its volume is too small"
    ]


def test_the_border_is_named_by_the_patient_whatever_the_files_order():
    lines = told(np.s_[20:45, 30:55, 0:40], RIGHT, affine=np.diag([2.0, 2.0, -2.0, 1.0]))
    assert [line for line in lines if "cut" in line] == [
        "the left kidney is cut by the CT's upper border; its volume is too small"
    ]


def test_a_touch_is_no_cut():
    """3 x 4 voxels of 2 mm meet the border: 48 of the 50 mm2 that would be a cut."""
    assert told(LEFT, RIGHT, np.s_[30:33, 40:44, 0:20]) == []
    assert told(LEFT, RIGHT, np.s_[30:34, 40:44, 0:20]) != []


@pytest.mark.parametrize(("part", "ml"), [(np.s_[20:35, 30:45, 20:36], 29), (np.s_[10:50, 20:65, 15:48], 475)])
def test_a_volume_that_no_kidney_has_is_told(part, ml):
    """15 x 15 x 16 and 40 x 45 x 33 voxels of 0.008 ml."""
    lines = told(part, RIGHT)
    assert lines == [f"the left kidney's parenchyma has {ml} ml; a kidney has 30 to 450 ml"]


def test_pieces_all_over_the_body_are_told():
    parts = [np.s_[x : x + 10, 5:20, z : z + 30] for x in (5, 30, 80, 105) for z in (3, 45)]
    lines = told(LEFT, RIGHT, *[part for part in parts if part[0].start in (5, 105)])
    assert any("6 large pieces" in line for line in lines)
