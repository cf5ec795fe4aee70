import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform, center_of_mass

from kseg.data.preparation import AIR_HU
from kseg.data.warp import Mirroring, Rotation, Scaling, Warping
from kseg.data.warped import Box, warped_ct
from kseg.data.warped_labels import warped_labels

WARPING = Warping(Rotation(1, 30), Scaling(1, (0.7, 1.4)), Mirroring(0.5, [0, 1, 2]))
SCALING = Warping(scaling=Scaling(1, (0.7, 1.4)), mirroring=Mirroring(0.5, [0, 1, 2]))
SPACINGS_MM = ((1.5, 1.5, 1.5), (1.5, 1.5, 3.0))


def warps(count, size, spacing_mm, warping=WARPING):
    return [warping.draw(np.random.default_rng(seed), np.array(size), spacing_mm) for seed in range(count)]


def box_around(volume, centre):
    return Box(torch.from_numpy(volume), tuple((-np.array(centre)).tolist()))


def by_scipy(volume, warp, size, centre, *, fill):
    """SciPy's linear interpolation, of the volume as if it went on with `fill`, mirrored by NumPy."""
    corner = centre - warp.matrix @ ((np.array(size) - 1) / 2)
    turned = affine_transform(
        volume.astype(float), warp.matrix, corner, output_shape=size, order=1, mode="grid-constant", cval=fill
    )
    return np.flip(turned, warp.mirrored)


def positions(warp, size, centre):
    """Where each voxel of the patch lies in the CT, shape (3, X, Y, Z)."""
    offsets = np.indices(size) - (np.array(size) - 1)[:, None, None, None] / 2
    turned = np.tensordot(warp.matrix, offsets, 1) + np.array(centre)[:, None, None, None]
    return np.flip(turned, [axis + 1 for axis in warp.mirrored])


@pytest.mark.parametrize("spacing_mm", SPACINGS_MM)
@pytest.mark.parametrize("warping", [WARPING, SCALING], ids=["turned", "scaled"])
def test_a_ct_is_resampled_as_scipy_does_it_and_air_surrounds_it(spacing_mm, warping):
    ct_hu, centre, size = (
        np.random.default_rng(0).integers(-900, 900, (20, 24, 18), np.int16),
        (8.5, 12.0, 9.5),
        (18, 22, 20),
    )
    for warp in warps(10, size, spacing_mm, warping):
        resampled = warped_ct(box_around(ct_hu, centre), warp, size).numpy()
        assert np.allclose(resampled, by_scipy(ct_hu, warp, size, centre, fill=AIR_HU), atol=0.05)


@pytest.mark.parametrize("spacing_mm", SPACINGS_MM)
@pytest.mark.parametrize("warping", [WARPING, SCALING], ids=["turned", "scaled"])
@pytest.mark.parametrize("size", [(14, 12, 16), (46, 48, 44)], ids=["patch_in_box", "box_in_patch"])
def test_each_structure_is_where_scipy_finds_half_of_it(spacing_mm, warping, size):
    random, centre = np.random.default_rng(1), (9.5, 12.5, 9.5)
    labels = random.integers(0, 4, (7, 8, 6)).astype(np.uint8).repeat(3, 0).repeat(3, 1).repeat(3, 2)
    for warp in warps(10, size, spacing_mm, warping):
        found = warped_labels(box_around(labels, centre), warp, size, {1, 2, 3}).numpy()
        covered = {label: by_scipy(labels == label, warp, size, centre, fill=0) for label in (2, 3)}
        covered[0] = by_scipy(labels > 0, warp, size, centre, fill=0)
        sure = np.all([np.abs(share - 0.5) > 1e-4 for share in covered.values()], 0)
        expected = np.where(covered[3] >= 0.5, 3, np.where(covered[2] >= 0.5, 2, 1)) * (covered[0] >= 0.5)
        assert sure.mean() > 0.9
        assert np.array_equal(found[sure], expected[sure])


@pytest.mark.parametrize("spacing_mm", SPACINGS_MM)
def test_a_ramp_shows_exactly_the_place_that_the_warp_says(spacing_mm):
    # linear interpolation gives linear functions back: the value is the position, with nothing in between to hide
    centre, size = (30.0, 30.5, 29.5), (16, 16, 12)
    for axis in range(3):
        ramp = (np.indices((60, 60, 60))[axis] * 10).astype(np.int16)
        for warp in warps(5, size, spacing_mm):
            shown = warped_ct(box_around(ramp, centre), warp, size).numpy()
            assert np.abs(shown / 10 - positions(warp, size, centre)[axis]).max() < 0.001


@pytest.mark.parametrize("spacing_mm", SPACINGS_MM)
def test_image_and_label_stay_together_to_a_tenth_of_a_voxel(spacing_mm):
    centre, size, middle = np.array([30.0, 30.5, 30.0]), (48, 48, 40), np.array([28.3, 31.9, 29.2])
    from_middle_mm = (np.indices((60, 60, 60)) - middle[:, None, None, None]) * np.array(spacing_mm)[
        :, None, None, None
    ]
    ball = np.linalg.norm(from_middle_mm, axis=0) < 13
    ct_hu = np.where(ball, 200, AIR_HU).astype(np.int16)
    for warp in warps(20, size, spacing_mm):
        shown = warped_ct(box_around(ct_hu, centre), warp, size).numpy()
        labels = warped_labels(box_around(ball.astype(np.uint8), centre), warp, size, {1}).numpy()
        expected = np.linalg.inv(warp.to_ct) @ (np.array(center_of_mass(ball)) - centre) + (np.array(size) - 1) / 2
        assert np.abs(np.subtract(center_of_mass(shown - AIR_HU), expected)).max() < 0.1
        assert np.abs(np.subtract(center_of_mass(labels), expected)).max() < 0.1


@pytest.mark.parametrize("spacing_mm", SPACINGS_MM)
@pytest.mark.parametrize(("count", "tolerance"), [(60, 0.01), pytest.param(1000, 0.005, marks=pytest.mark.slow)])
def test_a_warped_sphere_keeps_its_volume(spacing_mm, count, tolerance):
    # the truth is the sphere's 4/3 pi r^3, made smaller by the third power of the factor
    radius_mm, random = 30.0, np.random.default_rng(5)
    ratios = []
    for warp in warps(count, (96, 96, 64), spacing_mm):
        shape = np.ceil(2 * radius_mm / np.array(spacing_mm)).astype(int) + 4
        middle = (shape - 1) / 2 + random.uniform(-0.5, 0.5, 3)
        from_middle_mm = [(np.arange(n) - m) * mm for n, m, mm in zip(shape, middle, spacing_mm, strict=True)]
        squares = np.add.outer(np.add.outer(from_middle_mm[0] ** 2, from_middle_mm[1] ** 2), from_middle_mm[2] ** 2)
        sphere = (squares < radius_mm**2).astype(np.uint8)
        labels = warped_labels(box_around(sphere, (shape - 1) / 2), warp, (96, 96, 64), {1})
        factor = np.cbrt(abs(np.linalg.det(warp.matrix)))
        ratios.append(float(labels.sum()) * np.prod(spacing_mm) / (4 / 3 * np.pi * (radius_mm / factor) ** 3))
    assert np.mean(ratios) == pytest.approx(1, abs=tolerance)


def test_white_noise_loses_as_much_at_every_step():
    # the mean over all places between voxels of the squared weights of linear interpolation is (2/3)^3
    noise = (np.random.default_rng(0).normal(0, 1000, (80, 80, 80)) + 5000).astype(np.int16)
    for factor in (0.8, 1.4):
        turned = Warping(Rotation(1, 30), Scaling(1, (factor, factor)))
        warp = turned.draw(np.random.default_rng(3), np.array([32, 32, 32]), (1.0, 1.0, 1.0))
        shown = warped_ct(box_around(noise, (39.7, 40.2, 39.1)), warp, (32, 32, 32))
        assert float(shown.std()) / 1000 == pytest.approx(np.sqrt((2 / 3) ** 3), abs=0.02)


def test_a_box_without_labels_shows_none():
    (warp,) = warps(1, (8, 8, 8), SPACINGS_MM[0])
    empty = box_around(np.zeros((0, 0, 0), np.uint8), (0.0, 0.0, 0.0))
    assert not warped_labels(empty, warp, (8, 8, 8), set()).any()


def test_labels_beyond_the_patch_are_not_shown():
    (warp,) = warps(1, (8, 8, 8), SPACINGS_MM[0])
    far = box_around(np.ones((4, 4, 4), np.uint8), (-90.0, -90.0, -90.0))
    assert not warped_labels(far, warp, (8, 8, 8), {1}).any()
