import tracemalloc

import numpy as np
import pytest

from kseg.prediction.search import glance_at

VOXEL_ML = 0.05


def cubes(*sides):
    """Cubes in a row, of so many voxels a side; 0.05 ml a voxel."""
    inside = np.zeros((100, 30, 30), bool)
    for number, side in enumerate(sides):
        inside[20 * number + 1 : 20 * number + 1 + side, 2 : 2 + side, 3 : 3 + side] = True
    return inside


def test_pieces_are_boxed_and_crumbs_are_not():
    glance = glance_at(cubes(12, 6, 5, 9), VOXEL_ML)  # 86.4, 10.8, 6.25 and 36.45 ml
    assert glance.boxes == (
        (slice(1, 13), slice(2, 14), slice(3, 15)),
        (slice(21, 27), slice(2, 8), slice(3, 9)),
        (slice(61, 70), slice(2, 11), slice(3, 12)),
    )
    assert glance.kidneys == 2
    assert glance.parenchyma_ml == pytest.approx(86.4 + 10.8 + 36.45)
    assert glance.doubt == ""


@pytest.mark.parametrize(
    ("sides", "doubt"),
    [
        ((), "no kidneys found at a glance"),
        ((8,), "no kidneys found at a glance"),  # 25.6 ml
        ((12, 8), "1 kidney found at a glance"),
        ((19, 19, 19, 19, 19), "1715 ml of parenchyma found at a glance, more than two kidneys have"),
    ],
)
def test_what_does_not_look_like_two_kidneys_is_doubted(sides, doubt):
    assert glance_at(cubes(*sides), VOXEL_ML).doubt == doubt


def test_of_a_large_ct_that_is_mostly_empty_little_is_held():
    inside = np.zeros((300, 300, 300), bool)  # 27 MB
    inside[40:70, 40:70, 40:80] = inside[200:230, 40:70, 40:80] = True
    tracemalloc.start()
    glance = glance_at(inside, 0.001)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert glance.boxes == (
        (slice(40, 70), slice(40, 70), slice(40, 80)),
        (slice(200, 230), slice(40, 70), slice(40, 80)),
    )
    assert peak < 20e6
