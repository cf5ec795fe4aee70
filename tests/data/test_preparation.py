import nibabel as nib
import numpy as np
import pytest
import torch

from kseg.data.preparation import Placement, Preparation, resize
from kseg.images import Grid, Volume

PREPARATION = Preparation(spacing_mm=(2.0, 2.0, 2.0), window_hu=(-200, 400), body_hu=-500)


def grid_of(codes, shape, spacing_mm=(0.8, 0.9, 3.0), tilt=0.0):
    """A grid with axes in the directions of `codes`, tilted about the first axis by `tilt` radians."""
    affine = np.eye(4)
    for axis, (direction, sign) in enumerate(nib.orientations.axcodes2ornt(codes)):
        affine[:3, axis] = np.eye(3)[int(direction)] * sign * spacing_mm[axis]
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    affine[:3, 3] = [-31.5, 17.0, 240.0]
    return Grid(shape, turn @ affine)


def positions_mm(grid):
    """The position of every voxel's centre in the patient, shape (3, X, Y, Z): the affine's own definition."""
    return np.tensordot(grid.affine[:3, :3], np.indices(grid.shape), 1) + grid.affine[:3, 3][:, None, None, None]


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL", "SRA", "AIL"])
@pytest.mark.parametrize("tilt", [0.0, 0.2])
def test_every_prepared_voxel_holds_what_lies_at_its_place_in_the_patient(codes, tilt):
    # the CT's value is its position along one axis of the patient, so the right value is known at every place
    grid = grid_of(codes, (40, 30, 24), tilt=tilt)
    for axis in range(3):
        position = positions_mm(grid)[axis]
        ct = Volume(np.rint(position * 10).astype(np.int16), grid)
        placement = PREPARATION.place(Volume(np.zeros(grid.shape, np.int16), grid))
        prepared = placement.resample_ct(ct.voxels)
        expected = positions_mm(placement.prepared_grid)[axis] * 10
        inside = (slice(2, -2),) * 3
        assert np.abs(prepared[inside] - expected[inside]).max() <= 1.5  # tenths of a mm, rounded twice


def test_prepared_axes_run_right_anterior_superior_at_the_spacing_asked_for():
    placement = PREPARATION.place(Volume(np.zeros((160, 150, 40), np.int16), grid_of("IPL", (160, 150, 40))))
    assert placement.prepared_grid.orientation == "RAS"
    assert placement.prepared_grid.spacing_mm == pytest.approx((2, 2, 2), rel=0.02)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL", "SRA"])
def test_scores_come_back_to_the_very_voxels_they_stand_for(codes):
    grid = grid_of(codes, (40, 30, 24))
    centre = positions_mm(grid)[:, 20, 15, 12][:, None, None, None]

    def ball(where):
        return np.linalg.norm(positions_mm(where) - centre, axis=0) < 9

    placement = PREPARATION.place(Volume(np.zeros(grid.shape, np.int16), grid))
    inside = torch.from_numpy(ball(placement.prepared_grid)).float()
    restored = placement.restore(torch.stack([1 - inside, torch.zeros_like(inside), inside]))
    overlap = 2 * ((restored == 2) & ball(grid)).sum() / ((restored == 2).sum() + ball(grid).sum())
    assert restored.shape == grid.shape
    assert overlap > 0.93
    assert set(np.unique(restored)) == {0, 2}


def test_finer_preparation_loses_nothing_on_the_way_there_and_back():
    grid = grid_of("LPI", (30, 30, 20), spacing_mm=(2.0, 2.0, 5.0))
    mask = np.random.default_rng(0).random(grid.shape) > 0.5
    placement = PREPARATION.place(Volume(np.zeros(grid.shape, np.int16), grid))
    prepared = torch.from_numpy(placement.resample_mask(mask)).float()
    assert np.array_equal(placement.restore(torch.stack([1 - prepared, prepared])), mask)


def test_a_prepared_case_is_cropped_to_the_body_and_comes_back_whole():
    ct = np.full((40, 40, 20), -1000, np.int16)
    ct[10:30, 5:35, :] = 40
    grid = grid_of("RAS", ct.shape, spacing_mm=(2.0, 2.0, 2.0))
    placement = PREPARATION.place(Volume(ct, grid))
    assert placement.shape == (20, 30, 20)
    scores = torch.zeros(3, *placement.shape)
    scores[1] = 1
    assert np.array_equal(placement.restore(scores) == 1, ct == 40)


def test_a_ct_of_air_alone_is_kept_whole():
    assert PREPARATION.place(Volume(np.full((8, 8, 8), -1000), Grid((8, 8, 8), np.eye(4)))).stop == (8, 8, 8)


def test_a_mask_keeps_its_volume_when_voxels_get_larger_but_for_what_averaging_takes_from_a_ball():
    # averaging over a triangle of variance 2 mm ** 2 / 6 an axis draws the half level of a ball in by variance / radius
    grid = Grid((120, 120, 60), np.diag([0.7, 0.7, 1.0, 1]))
    ball = np.linalg.norm(positions_mm(grid) - np.array([42, 42, 30])[:, None, None, None], axis=0) < 20
    placement = Placement(grid, (0, 0, 0), grid.shape, (42, 42, 30))
    volume_mm3 = placement.resample_mask(ball).sum() * np.prod(placement.prepared_grid.spacing_mm)
    radius_mm = 20 - (2**2 / 6) / 20
    assert volume_mm3 == pytest.approx(4 / 3 * np.pi * radius_mm**3, rel=0.001)


def test_larger_voxels_average_noise_away():
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 10, (120, 120, 60)).astype(np.float32))
    coarse = resize(noise, (40, 40, 20))
    assert coarse.std() < 10 / np.sqrt(3**3) * 1.5  # the mean of 27 voxels would have SD 10 / sqrt(27)
    assert abs(float(coarse.mean())) < 0.2


def test_the_window_becomes_minus_one_to_one():
    assert PREPARATION.normalize(torch.tensor([-1000, -200, 100, 400, 3000])).tolist() == [-1, -1, 0, 1, 1]
