import numpy as np
import pytest
from scipy.spatial.transform import Rotation as RotationOfScipy

from kseg.data.warp import AS_IT_IS, Mirroring, Rotation, Scaling, Warping, thin_axis

CUBE = np.array([96, 96, 96])
SLICES = np.array([192, 160, 32])
SPACING_MM = (1.5, 1.5, 3.0)


def drawn(warping, *, size=CUBE, spacing_mm=SPACING_MM, count=200):
    return [warping.draw(np.random.default_rng(seed), size, spacing_mm) for seed in range(count)]


def in_mm(warp):
    """The matrix between offsets in millimetres: S M S^-1, with the spacing on the diagonal of S."""
    return np.diag(SPACING_MM) @ warp.matrix @ np.diag(1 / np.array(SPACING_MM))


def test_a_rotation_turns_the_patient_and_does_not_shear_it():
    for warp in drawn(Warping(Rotation(1, 30))):
        assert np.allclose(in_mm(warp) @ in_mm(warp).T, np.eye(3))
        assert np.linalg.det(in_mm(warp)) == pytest.approx(1)


def test_a_rotation_stays_within_its_degrees_about_every_axis_and_reaches_them():
    # SciPy takes a rotation apart into angles about x, then y, then z, the order of nnU-Net's Rz Ry Rx
    angles = [
        RotationOfScipy.from_matrix(in_mm(warp)).as_euler("xyz", degrees=True)
        for warp in drawn(Warping(Rotation(1, 30)))
    ]
    assert np.abs(angles).max() <= 30
    assert (np.max(angles, 0) > 28).all()
    assert (np.min(angles, 0) < -28).all()


def test_a_factor_above_one_shows_more_of_the_ct_alike_along_all_axes():
    matrices = [warp.matrix for warp in drawn(Warping(scaling=Scaling(1, (0.7, 1.4))))]
    factors = np.array([matrix[0, 0] for matrix in matrices])
    assert all(np.allclose(matrix, factor * np.eye(3)) for matrix, factor in zip(matrices, factors, strict=True))
    assert 0.7 <= factors.min() < 0.72 < 1.38 < factors.max() <= 1.4
    assert factors.mean() == pytest.approx(1.05, abs=0.05)


def test_a_patch_is_resampled_at_the_rates_of_rotation_and_scaling():
    resampled = np.mean(
        [warp.resamples for warp in drawn(Warping(Rotation(0.2, 30), Scaling(0.2, (0.7, 1.4))), count=4000)]
    )
    assert resampled == pytest.approx(1 - 0.8 * 0.8, abs=4 * np.sqrt(0.36 * 0.64 / 4000))


@pytest.mark.parametrize("size", [SLICES, SLICES[::-1]])
def test_a_thin_patch_is_varied_within_its_slices_alone(size):
    thin = int(np.argmin(size))
    for warp in drawn(Warping(Rotation(1, 30), Scaling(1, (0.7, 1.4))), size=size):
        assert warp.resamples
        assert np.array_equal(warp.matrix[thin], np.eye(3)[thin])
        assert np.array_equal(warp.matrix[:, thin], np.eye(3)[thin])


def test_a_thin_patch_may_be_turned_further_within_its_slices():
    turned = drawn(Warping(Rotation(1, 30, degrees_if_flat=180)), size=SLICES)
    angles = np.rad2deg([np.arctan2(warp.matrix[1, 0], warp.matrix[0, 0]) for warp in turned])
    assert np.histogram(angles, 4, (-180, 180))[0] == pytest.approx([50] * 4, abs=4 * np.sqrt(200 * 0.25 * 0.75))
    assert np.abs(in_mm(drawn(Warping(Rotation(1, 30, degrees_if_flat=180)))[0])[0, 0]) > 0.7  # no thin patch: 30


def test_a_patch_three_times_as_long_as_thick_is_not_thin_yet():
    assert thin_axis([96, 96, 32]) is None
    assert thin_axis([97, 96, 32]) == 2


def test_each_axis_is_mirrored_by_itself():
    mirrored = [warp.mirrored for warp in drawn(Warping(mirroring=Mirroring(0.5, [0, 2])), count=2000)]
    for axes in ((), (0,), (2,), (0, 2)):
        assert mirrored.count(axes) == pytest.approx(500, abs=4 * np.sqrt(2000 * 0.25 * 0.75))


def test_what_is_left_out_changes_nothing():
    for warp in drawn(AS_IT_IS, count=3):
        assert not warp.resamples
        assert warp.mirrored == ()
    assert not any(warp.resamples for warp in drawn(Warping(Rotation(0, 30), Scaling(0, (0.7, 1.4)))))


def test_a_patch_reaches_as_far_as_its_farthest_corner():
    (warp,) = drawn(Warping(Rotation(1, 30), Scaling(1, (0.7, 1.4))), count=1)
    corners = np.array(np.meshgrid(*[(-47.5, 47.5)] * 3)).reshape(3, 8)
    assert np.allclose(warp.reach(CUBE), (warp.matrix @ corners).max(1))
