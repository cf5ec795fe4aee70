"""Is the right kidney the patient's right one, however the file is turned?"""

from itertools import permutations, product

import numpy as np
import pytest

from kseg.images import read_volume
from kseg.metrics.sides import Side, tell_sides_apart

RAS = np.array([[2.0, 0, 0, -120], [0, 3, 0, -90], [0, 0, 5, 1000], [0, 0, 0, 1]])
SHAPE = (120, 40, 20)
LEFT, RIGHT = np.s_[20:40, 10:20, 4:16], np.s_[80:100, 10:20, 4:16]  # the first axis runs to the patient's right


def mask_of(*parts):
    mask = np.zeros(SHAPE, bool)
    for part in parts:
        mask[part] = True
    return mask


def turned(voxels, axes, flips):
    """The same voxels in another order of axes, some of them backwards, and the affine that says so."""
    affine = RAS[:, [*axes, 3]]
    turned = voxels.transpose(axes)
    for axis in np.flatnonzero(flips):
        affine[:3, 3] += affine[:3, axis] * (turned.shape[axis] - 1)
        affine[:3, axis] *= -1
        turned = np.flip(turned, axis)
    return turned, affine


ORIENTATIONS = [*product(permutations(range(3)), product((False, True), repeat=3))]


@pytest.mark.parametrize(("axes", "flips"), ORIENTATIONS)
def test_right_is_right_in_all_48_orientations(axes, flips):
    voxels, affine = turned(mask_of(LEFT, RIGHT), axes, flips)
    sides = tell_sides_apart(voxels, affine)
    assert np.array_equal(sides.voxels == Side.RIGHT, turned(mask_of(RIGHT), axes, flips)[0])
    assert np.array_equal(sides.voxels == Side.LEFT, turned(mask_of(LEFT), axes, flips)[0])
    assert sides.shown == (Side.RIGHT, Side.LEFT)
    assert not sides.crosses_midline


@pytest.mark.parametrize(("axes", "flips"), ORIENTATIONS)
def test_a_lone_kidney_has_its_side_in_all_48_orientations(axes, flips):
    voxels, affine = turned(mask_of(LEFT), axes, flips)
    assert tell_sides_apart(voxels, affine).shown == (Side.LEFT,)


def test_an_oblique_file_is_no_different():
    turn = np.linalg.qr(np.array([[1.0, 0.3, 0.1], [-0.3, 1.0, 0.2], [0.1, -0.2, 1.0]]))[0]
    turn *= np.sign(np.diag(turn))
    oblique = np.eye(4)
    oblique[:3, :3] = turn @ RAS[:3, :3]
    sides = tell_sides_apart(mask_of(LEFT, RIGHT), oblique)
    assert np.array_equal(sides.voxels == Side.RIGHT, mask_of(RIGHT))


def test_volumes_are_those_of_the_large_pieces():
    crumb = np.s_[60, 30, 10]
    sides = tell_sides_apart(mask_of(LEFT, np.s_[80:100, 10:20, 4:10], crumb), RAS)
    voxel_ml = 2 * 3 * 5 / 1000
    assert sides.large_ml == pytest.approx((20 * 10 * 12 * voxel_ml, 20 * 10 * 6 * voxel_ml))


def test_a_crumb_goes_with_the_kidney_next_to_it():
    by_the_left, by_the_right = np.s_[50, 15, 10], np.s_[70, 15, 10]
    sides = tell_sides_apart(mask_of(LEFT, RIGHT, by_the_left, by_the_right), RAS)
    assert sides.voxels[by_the_left] == Side.LEFT
    assert sides.voxels[by_the_right] == Side.RIGHT


def test_a_crumb_goes_with_a_lone_kidney():
    far = np.s_[110, 15, 10]
    sides = tell_sides_apart(mask_of(LEFT, far), RAS)
    assert sides.voxels[far] == Side.LEFT
    assert sides.shown == (Side.LEFT,)


def test_parts_of_one_kidney_stay_together():
    upper, lower = np.s_[80:100, 10:20, 12:16], np.s_[75:95, 10:20, 4:10]
    sides = tell_sides_apart(mask_of(upper, lower), RAS)
    assert sides.shown == (Side.RIGHT,)
    assert len(sides.large_ml) == 2
    both = tell_sides_apart(mask_of(upper, lower, LEFT), RAS)
    assert np.array_equal(both.voxels == Side.RIGHT, mask_of(upper, lower))


def test_the_body_tells_the_side_where_it_lies_beside_the_middle_of_the_volume():
    ct_hu = np.full(SHAPE, -1000, np.int16)
    ct_hu[60:] = 40  # a body whose middle is at 90, in the half of the volume that is the patient's right
    kidney = mask_of(np.s_[66:80, 10:20, 4:16])
    assert tell_sides_apart(kidney, RAS).shown == (Side.RIGHT,)
    assert tell_sides_apart(kidney, RAS, ct_hu).shown == (Side.LEFT,)


def test_a_horseshoe_kidney_is_cut_at_the_midline():
    bridge = np.s_[40:80, 10:14, 4:6]
    sides = tell_sides_apart(mask_of(LEFT, RIGHT, bridge), RAS)
    assert sides.crosses_midline
    assert len(sides.large_ml) == 1
    half = np.arange(SHAPE[0]) < 60  # the midline lies between voxels 59 and 60
    assert np.array_equal(sides.voxels == Side.LEFT, mask_of(LEFT, RIGHT, bridge) & half[:, None, None])


def test_nothing_drawn_has_no_side():
    sides = tell_sides_apart(mask_of(), RAS)
    assert sides.shown == ()
    assert sides.large_ml == ()
    assert not sides.voxels.any()


def test_the_sixteen_patients_have_their_right_kidney_on_the_right_of_their_body(clinic):
    """Held against the middle of the outermost voxels of the body, in millimetres of RAS+."""
    for path in sorted((clinic / "parenchyma").iterdir()):
        mask, ct = read_volume(path), read_volume(clinic / "images" / path.name)
        body_mm = 4 * np.argwhere(ct.voxels[::4, ::4, ::4] > -300) @ ct.grid.affine[0, :3] + ct.grid.affine[0, 3]
        middle_mm = (body_mm.min() + body_mm.max()) / 2
        sides = tell_sides_apart(mask.voxels > 0, mask.grid.affine, ct.voxels)
        for side, sign in ((Side.RIGHT, 1), (Side.LEFT, -1)):
            places_mm = np.argwhere(sides.voxels == side) @ mask.grid.affine[0, :3] + mask.grid.affine[0, 3]
            assert (sign * (places_mm - middle_mm) > 0).mean() > 0.99, path.name
        assert np.array_equal(sides.voxels > 0, mask.voxels > 0)
