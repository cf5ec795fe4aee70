import dataclasses

import nibabel as nib
import numpy as np
import pytest
import torch

from kseg.data.preparation import Placement, Preparation
from kseg.data.resampling import resize
from kseg.errors import InputError
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


def kidneys_of(grid):
    """A label map in which a box of undivided parenchyma is drawn."""
    drawn = np.zeros(grid.shape, np.uint8)
    drawn[12:25, 8:20, 9:16] = 3
    return Volume(drawn, grid)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL", "SRA", "AIL"])
@pytest.mark.parametrize("tilt", [0.0, 0.2])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
@pytest.mark.parametrize("crop", ["body", "kidneys"])
def test_every_prepared_voxel_holds_what_lies_at_its_place_in_the_patient(codes, tilt, interpolation, crop):
    # the CT's value is its position along one axis of the patient, so the right value is known at every place
    grid = grid_of(codes, (40, 30, 24), tilt=tilt)
    preparation = dataclasses.replace(PREPARATION, ct_interpolation=interpolation, margin_mm=6)
    body = Volume(np.zeros(grid.shape, np.int16), grid)
    placement = preparation.place(body) if crop == "body" else preparation.place_kidneys(kidneys_of(grid))
    for axis in range(3):
        position = positions_mm(grid)[axis]
        ct = Volume(np.rint(position * 10).astype(np.int16), grid)
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


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL"])
def test_a_case_that_is_cropped_to_its_kidneys_keeps_the_margin_around_them_and_no_more(codes):
    grid = grid_of(codes, (80, 70, 48), spacing_mm=(1.0, 1.0, 1.0))
    drawn = np.zeros(grid.shape, np.uint8)
    drawn[30:40, 25:45, 4:20] = 1
    margin = dataclasses.replace(PREPARATION, spacing_mm=(1.0, 1.0, 1.0), margin_mm=7.5)
    placement = margin.place_kidneys(Volume(drawn, grid))
    kept = np.argwhere(placement.resample_mask(drawn > 0))
    # 10, 20 and 16 voxels and 8 on every side, but for one side where the CT ends after 4
    assert sorted(placement.shape) == [26, 28, 36]
    sides = [*kept.min(0), *(np.array(placement.shape) - 1 - kept.max(0))]
    assert sorted(sides) == [4, 8, 8, 8, 8, 8]


def test_there_is_no_box_of_kidneys_that_nobody_drew():
    with pytest.raises(InputError, match=r"prepare\.crop=body"):
        PREPARATION.place_kidneys(Volume(np.zeros((8, 8, 8), np.uint8), Grid((8, 8, 8), np.eye(4))))


def test_the_same_patient_is_prepared_alike_in_whatever_order_a_file_holds_the_axes():
    random = np.random.default_rng(3)
    ct = Volume(random.normal(0, 60, (31, 26, 18)).astype(np.int16), grid_of("RAS", (31, 26, 18)))
    labels = (random.random(ct.grid.shape) > 0.5).astype(np.uint8) * 2
    placement = PREPARATION.place(ct)
    for codes in ("LPS", "IPL", "ARS", "SAL"):
        turn = nib.orientations.ornt_transform(nib.io_orientation(ct.grid.affine), nib.orientations.axcodes2ornt(codes))
        affine = ct.grid.affine @ nib.orientations.inv_ornt_aff(turn, ct.grid.shape)
        turned, turned_labels = (nib.orientations.apply_orientation(voxels, turn) for voxels in (ct.voxels, labels))
        other = PREPARATION.place(Volume(turned, Grid(turned.shape, affine)))
        assert np.allclose(other.prepared_grid.affine, placement.prepared_grid.affine)
        assert np.abs(other.resample_ct(turned) - placement.resample_ct(ct.voxels)).max() <= 1  # rounded to whole HU
        assert np.array_equal(other.resample_label_map(turned_labels), placement.resample_label_map(labels))


def test_cubic_overshoots_no_further_than_an_int16_reaches():
    ct = np.full((12, 12, 12), -1024, np.int16)
    ct[6:] = 32767
    grid = Grid(ct.shape, np.diag([2.0, 2.0, 2.0, 1]))
    finer = Preparation((1.0, 1.0, 1.0), (-200, 400), -2000, ct_interpolation="cubic")
    prepared = finer.place(Volume(ct, grid)).resample_ct(ct)
    assert (prepared.min(), prepared.max()) == (-1024, 32767)


def test_an_outline_is_resampled_linearly_whatever_the_ct_is():
    grid = grid_of("LPS", (40, 30, 24))
    body, drawn = Volume(np.zeros(grid.shape, np.int16), grid), kidneys_of(grid).voxels
    linear, cubic = (
        dataclasses.replace(PREPARATION, ct_interpolation=way).place(body).resample_label_map(drawn)
        for way in ("linear", "cubic")
    )
    assert np.array_equal(linear, cubic)
    assert set(np.unique(linear)) == {0, 3}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("spacing_mm", None),
        ("spacing_mm", (1.5, 1.5)),
        ("spacing_mm", (1.5, 0.0, 1.5)),
        ("spacing_mm", (1.5, "1.5", 1.5)),
        ("window_hu", None),
        ("window_hu", (400, -200)),
        ("ct_interpolation", "nearest"),
        ("crop", "kidney"),
        ("margin_mm", -1),
        ("margin_mm", None),
    ],
)
def test_a_setting_that_makes_no_sense_is_told(setting, value):
    with pytest.raises(InputError, match=rf"prepare\.{setting} is") as told:
        dataclasses.replace(PREPARATION, **{setting: value}).check()
    assert len(told.value.problems) == 1


def test_a_ct_of_air_alone_is_kept_whole():
    assert PREPARATION.place(Volume(np.full((8, 8, 8), -1000), Grid((8, 8, 8), np.eye(4)))).stop == (8, 8, 8)


def test_a_mask_keeps_its_volume_when_voxels_get_larger_but_for_what_averaging_takes_from_a_ball():
    # averaging over a triangle of variance 2 mm ** 2 / 6 an axis draws the half level of a ball in by variance / radius
    grid = Grid((120, 120, 60), np.diag([0.7, 0.7, 1.0, 1]))
    placement = Placement(grid, (0, 0, 0), grid.shape, (42, 42, 30))
    voxel_mm3 = np.prod(placement.prepared_grid.spacing_mm)
    positions, random = positions_mm(grid), np.random.default_rng(0)
    volumes_mm3 = []
    for _ in range(24):  # a single ball is 0.2 % off, either way, by where it lies between the voxels
        centre = np.array([42, 42, 30]) + random.uniform(-1, 1, 3)
        ball = np.linalg.norm(positions - centre[:, None, None, None], axis=0) < 20
        volumes_mm3.append(placement.resample_mask(ball).sum() * voxel_mm3)
    radius_mm = 20 - (2**2 / 6) / 20
    assert np.mean(volumes_mm3) == pytest.approx(4 / 3 * np.pi * radius_mm**3, rel=0.0025)


def test_larger_voxels_average_noise_away():
    noise = np.random.default_rng(0).normal(0, 10, (120, 120, 60))
    coarse = resize(noise, (40, 40, 20))
    assert coarse.std() < 10 / np.sqrt(3**3) * 1.5  # the mean of 27 voxels would have SD 10 / sqrt(27)
    assert abs(float(coarse.mean())) < 0.2


def test_the_window_becomes_minus_one_to_one():
    assert PREPARATION.normalize(torch.tensor([-1000, -200, 100, 400, 3000])).tolist() == [-1, -1, 0, 1, 1]
