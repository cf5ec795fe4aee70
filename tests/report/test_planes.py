"""A picture to check an outline by eye."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from kseg.images import Grid, Volume
from kseg.report.figures import picture_png
from kseg.report.overlay import draw_planes
from kseg.report.slices import MARGIN_MM, planes_of

GRID = Grid((60, 50, 20), np.array([[2.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, 5, 0], [0, 0, 0, 1]]))  # RAS


@pytest.fixture
def ct():
    """Every voxel says where it is: its first index, and 100 times its second."""
    x, y, _ = np.indices(GRID.shape, sparse=True)
    return Volume(np.broadcast_to(x + 100 * y, GRID.shape).astype(np.int16), GRID)


@pytest.fixture
def label_map():
    """Two boxes, 8 to 14 and 44 to 52 along the first axis; between 20 and 30, and 6 and 14, along the others."""
    drawn = np.zeros(GRID.shape, np.uint8)
    drawn[8:14, 20:30, 6:14] = 2
    drawn[44:52, 20:30, 6:14] = 1
    drawn[44:52, 20:31, 9] = 1  # the largest slice across the third axis
    drawn[44:52, 24, 6:15] = 1  # across the second
    return drawn


def test_the_slices_are_the_largest_ones_with_their_outlines_and_a_margin(ct, label_map):
    axial, coronal, sagittal = planes_of(ct, label_map)
    assert (axial.reference > 0).sum() == 6 * 10 + 8 * 11
    assert (coronal.reference > 0).sum() == 6 * 8 + 8 * 9
    assert set(np.unique(sagittal.reference)) == {0, 1}  # through the larger of the two
    assert set(np.unique(coronal.hu // 100)) == {24}
    assert axial.predicted is coronal.predicted is sagittal.predicted is None
    rows, columns = np.nonzero(axial.reference)
    assert rows.min() * 2 == MARGIN_MM
    assert columns.min() == min(MARGIN_MM / 2, 59 - 51)  # the CT ends before the margin does


def test_the_patients_right_is_at_the_left(ct, label_map):
    axial, coronal, _ = planes_of(ct, label_map)
    for shown in (axial, coronal):
        assert np.nonzero(shown.reference == 1)[1].max() < np.nonzero(shown.reference == 2)[1].min()
        assert shown.edges == ("R", "L")


def test_without_an_outline_the_middle_of_the_ct_is_shown(ct):
    axial, coronal, sagittal = planes_of(ct, np.zeros(GRID.shape, np.uint8))
    assert [shown.hu.shape for shown in (axial, coronal, sagittal)] == [(50, 60), (20, 60), (20, 50)]
    assert set(np.unique(coronal.hu // 100)) in ({24}, {25})


def test_the_picture_shows_what_was_outlined_and_nothing_of_whom(ct, label_map):
    drawn = draw_planes(planes_of(ct, label_map), (-150, 300))
    content = picture_png(drawn)
    assert content == picture_png(draw_planes(planes_of(ct, label_map), (-150, 300)))
    assert b"tEXt" not in content
    assert {text.get_text() for panel in drawn.axes for text in panel.texts} == {"R", "L", "A", "P", "5 cm"}
    pixels = np.rint(imread(io.BytesIO(content))[..., :3] * 255)
    assert (pixels == (86, 180, 233)).all(-1).any()  # the parenchyma's blue
    assert (pixels == (245, 163, 0)).all(-1).any()  # the cortex's orange
