import numpy as np
import pytest

from kseg.report.slices import Slice
from kseg.tracking.pictures import SIDE, middle_slices, picture


def body():
    """RAS+ at 2 x 1 x 4 mm: a kidney of 4 x 6 x 5 voxels to the patient's right, in front, high up."""
    ct, reference = np.full((40, 60, 30), -1.0, np.float32), np.zeros((40, 60, 30), np.uint8)
    reference[30:34, 50:56, 22:27] = 2
    reference[31:33, 52:54, 24] = 1
    ct[reference > 0] = 1.0
    return ct, reference


def test_slices_face_the_viewer_as_radiologists_look_at_them():
    ct, reference = body()
    axial, coronal = middle_slices(ct, reference, np.zeros_like(reference), (2.0, 1.0, 4.0))
    assert (axial.plane, axial.spacing_mm) == ("axial", (1.0, 2.0))
    assert (coronal.plane, coronal.spacing_mm) == ("coronal", (4.0, 2.0))
    # 30 mm around the kidney, as far as the CT reaches: 15 voxels from x 15 to 39, y 20 to 59, z 14 to 29
    assert axial.hu.shape == (40, 25)
    assert coronal.hu.shape == (16, 25)
    rows, columns = np.nonzero(axial.reference)
    assert rows.min() == 60 - 56  # in front is at the top
    assert columns.min() == 40 - 34  # the patient's right is at the left
    rows, _ = np.nonzero(coronal.reference)
    assert rows.min() == 30 - 27  # the head is at the top
    assert set(np.unique(axial.reference)) == {0, 1, 2}
    assert not axial.predicted.any()


def test_a_picture_is_a_square_in_the_patient_s_proportions_with_masks_by_name():
    ct, reference = body()
    axial, _ = middle_slices(ct, reference, reference, (2.0, 1.0, 4.0))
    drawn = picture(axial, (-1.0, 1.0), "somebody")
    grey = np.asarray(drawn.image)
    assert grey.shape == (SIDE, SIDE)
    # 40 rows of 1 mm, 25 columns of 2 mm: the columns' 50 mm fill the square, and 40 mm are four fifths of it
    assert grey.any(axis=0).sum() <= SIDE
    kidney = grey > 127
    assert kidney.any(axis=1).sum() == pytest.approx(6 / 50 * SIDE, abs=3)
    assert kidney.any(axis=0).sum() == pytest.approx(8 / 50 * SIDE, abs=8)
    assert set(drawn._masks) == {"reference", "prediction"}


def test_nothing_predicted_is_no_mask():
    shown = Slice("axial", np.zeros((4, 4)), np.ones((4, 4), np.uint8), None, (1.0, 1.0))
    assert set(picture(shown, (-150, 300), "")._masks) == {"reference"}


def test_a_case_without_kidneys_is_shown_whole():
    ct = np.zeros((8, 9, 10), np.float32)
    nothing = np.zeros(ct.shape, np.uint8)
    axial, coronal = middle_slices(ct, nothing, nothing, (1.0, 1.0, 1.0))
    assert axial.hu.shape == (9, 8)
    assert coronal.hu.shape == (10, 8)
