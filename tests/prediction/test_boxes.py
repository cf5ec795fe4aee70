import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kseg.prediction.boxes import apart, size_of, transferred, widened


def box(*sides):
    return tuple(slice(start, stop) for start, stop in sides)


@st.composite
def boxes(draw, within=20):
    sides = []
    for _ in range(3):
        start = draw(st.integers(0, within - 1))
        sides.append((start, draw(st.integers(start + 1, within))))
    return box(*sides)


def voxels(one, shape=(20, 20, 20)):
    mask = np.zeros(shape, bool)
    mask[one] = True
    return mask


@given(st.lists(boxes(), max_size=6))
def test_boxes_that_are_apart_hold_all_that_was_boxed_and_share_no_voxel(given_boxes):
    made = apart(given_boxes)
    assert all((voxels(one) <= sum(map(voxels, made))).all() for one in given_boxes)
    assert sum(map(voxels, made), np.zeros((20, 20, 20), int)).max(initial=0) <= 1


def test_boxes_that_do_not_meet_stay_as_they_are():
    two = [box((0, 5), (0, 5), (0, 5)), box((5, 9), (0, 5), (0, 5))]
    assert apart(two) == two


@given(boxes(), st.lists(st.integers(0, 9), min_size=6, max_size=6), st.integers(1, 20))
def test_a_widened_box_holds_the_box_and_stays_on_the_grid(one, by, smallest):
    wider = widened(one, np.reshape(by, (3, 2)), (20, 20, 20), (smallest,) * 3)
    assert (voxels(one) <= voxels(wider)).all()
    assert all(side.start >= 0 and side.stop <= 20 for side in wider)
    assert min(size_of(wider)) >= smallest


def test_a_box_is_widened_by_as_much_as_is_asked_for():
    wider = widened(box((8, 12), (8, 12), (8, 12)), np.array([[1, 2], [0, 0], [20, 3]]), (20, 20, 20), (1, 1, 1))
    assert wider == box((7, 14), (8, 12), (0, 15))


@given(boxes(), st.integers(20, 50))
def test_on_a_finer_grid_a_box_covers_what_it_covered(one, finer):
    there = transferred(one, (20, 20, 20), (finer,) * 3)
    for here, other in zip(one, there, strict=True):
        assert other.start / finer <= here.start / 20
        assert other.stop / finer >= here.stop / 20
        assert (other.stop - other.start) / finer < (here.stop - here.start) / 20 + 2 / finer
