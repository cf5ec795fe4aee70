"""Is a case written for nnU-Net with every value that its CT has?"""

import numpy as np
import pytest

from kseg.cases.nnunet.case import DIVIDED_LABELS, as_stored, is_divided, write_case
from kseg.clinical.cohort import Case
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.outlines import Outline


@pytest.mark.parametrize(
    ("voxels", "kind"),
    [
        (np.array([-1024, 3071], np.int16), np.int16),
        (np.array([0, 4095], np.uint16), np.int16),
        (np.array([0, 40_000], np.uint16), np.int32),
        (np.array([-1024.0, 3071.0]), np.int16),
        (np.array([-1024.5, 3071.0]), np.float32),
        (np.array([0, 2**40]), np.float32),
        (np.array([0, np.inf]), np.float32),
    ],
)
def test_a_ct_is_stored_as_plainly_as_its_values_allow(voxels, kind):
    stored = as_stored(voxels)
    assert stored.dtype == kind
    assert np.array_equal(stored, voxels)


@pytest.mark.parametrize(
    ("values", "undecided", "divided"),
    [([0, 1, 2], (), True), ([0, 3], (3,), False), ([0, 3, 1], (3,), True), ([0, 3, 2], (3,), True)],
)
def test_a_label_map_is_looked_into_where_it_may_not_be_divided(tmp_path, values, undecided, divided):
    voxels = np.array(values, np.uint8).reshape(1, 1, -1)
    file = tmp_path / "P1.nii.gz"
    write_nifti(file, voxels, Grid(voxels.shape, np.eye(4)))
    case = Case("P1", "P1", "", "", file, Outline((file,), (1, 2, 3)), Outline((file,), (2,), undecided))
    assert is_divided(case) == divided


def test_a_case_without_a_cortex_outline_is_not_divided_and_not_read(tmp_path):
    nowhere = tmp_path / "nowhere.nii.gz"
    assert not is_divided(Case("P1", "P1", "", "", nowhere, Outline((nowhere,)), None))


def test_outlines_on_another_grid_are_told_and_nothing_is_written(tmp_path):
    ct, mask = tmp_path / "ct.nii.gz", tmp_path / "mask.nii.gz"
    for file, shape in ((ct, (4, 4, 4)), (mask, (4, 4, 3))):
        write_nifti(file, np.ones(shape, np.uint8), Grid(shape, np.eye(4)))
    case = Case("P1", "P1", "", "", ct, Outline((mask,)), Outline((mask,)))
    with pytest.raises(InputError) as told:
        write_case(case, tmp_path / "image.nii.gz", tmp_path / "label.nii.gz", labels=DIVIDED_LABELS)
    assert str(told.value) == f"its outlines lie on another grid than {ct}; export them on the CT's own grid"
    assert sorted(tmp_path.iterdir()) == [ct, mask]
