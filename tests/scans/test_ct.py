"""What is taken for a CT, what is refused, and what is remarked?"""

import numpy as np
import pytest

from kseg.errors import InputError
from kseg.images import Grid, Volume, read_volume
from kseg.scans import remarks_on_ct

MM = (1.0, 1.0, 2.5)


@pytest.fixture(scope="module")
def body():
    """Air around fat around muscle around bone, by textbooks: -1000, -100, 50 and 700 HU."""
    x, y = np.meshgrid(np.arange(40) - 20, np.arange(40) - 20, indexing="ij")
    far = np.hypot(x, y)[:, :, None] + np.zeros(20)
    noise = np.random.default_rng(0).normal(0, 12, far.shape)
    hu = np.select([far < 2, far < 10, far < 16], [700, 50, -100], -1000) + noise
    return np.maximum(np.rint(hu), -1024).astype(np.int16)


def volume(voxels, spacing_mm=MM):
    return Volume(voxels, Grid(voxels.shape, np.diag([*spacing_mm, 1.0])))


def test_the_phantom_is_a_ct_without_a_remark(phantom):
    assert remarks_on_ct(Volume(phantom.ct_hu, phantom.grid)) == []


def test_real_scans_are_cts_without_a_remark(shared_data):
    files = [
        *(shared_data / "real_ct").glob("abdomen.nii.gz"),
        *sorted((shared_data / "clinic" / "images").iterdir())[:3],
    ]
    assert [remarks_on_ct(read_volume(file)) for file in files] == [[]] * 4


@pytest.mark.parametrize("shift", [0, -976])
def test_a_ct_padded_below_air_is_one(body, shift):
    padded = body.copy()
    padded[:3] = -2048 + shift  # outside of a scanner's circle
    assert remarks_on_ct(volume(padded)) == []


def windowed(hu):
    return (np.clip((hu + 160) / 400, 0, 1) * 255).astype(np.uint8)


def magnetic(hu):
    """An MR: nothing below 0, noise in the air, fat bright."""
    noise = np.abs(np.random.default_rng(1).normal(0, 10, hu.shape))
    return (np.select([hu > 400, hu > -50, hu > -500], [40, 300, 700], 0) + noise).astype(np.int16)


REFUSED = {
    "a windowed picture": (windowed, "grey levels of a windowed picture"),
    "shares of 0 to 1": (lambda hu: windowed(hu) / np.float32(255), "grey levels of a windowed picture"),
    "an MR": (magnetic, "is it an MR"),
    "no intercept": (lambda hu: hu + 1024, "shifted by 1024, export it with its rescale intercept"),
    "no intercept, padded": (lambda hu: np.where(hu < -900, -2000, hu + 1024), "shifted by 1024"),
    "scaled to -1 and 1": (lambda hu: (np.clip((hu + 100) / 300, -1, 1)).astype(np.float32), "bone above 100"),
    "z-scores": (lambda hu: ((hu - hu.mean()) / hu.std()).astype(np.float32), "bone above 100"),
    "one value": (np.zeros_like, "CT is 0 everywhere"),
    "NaN": (lambda hu: np.where(hu > 600, np.nan, hu), "NaN voxels; every voxel needs a number"),
    "two slices": (lambda hu: hu[:, :, :2], "CT has 40 x 40 x 2 voxels"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_no_ct_by_its_values_is_refused(body, how):
    changed, message = REFUSED[how]
    with pytest.raises(InputError, match=message) as told:
        remarks_on_ct(volume(changed(body)))
    assert len(told.value.problems) == 1


def test_voxels_of_a_thousandth_of_a_millimetre_are_refused(body):
    with pytest.raises(InputError, match=r"voxels of 0\.001 x 0\.001 x 0\.0025 mm"):
        remarks_on_ct(volume(body, (0.001, 0.001, 0.0025)))


def test_a_ct_in_a_window_of_hounsfield_units_is_remarked(body):
    (remark,) = remarks_on_ct(volume(np.clip(body, -160, 240)))
    assert remark == "no value is below -160 HU, where air has -1000: it looks windowed or cut close"


def test_thick_slices_are_remarked(body):
    (remark,) = remarks_on_ct(volume(body, (1.0, 1.0, 10.0)))
    assert remark.startswith("slices are 10 mm apart")
