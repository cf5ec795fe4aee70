"""Surfaces: against google-deepmind's surface-distance, and masks whose distances are known."""

import math

import numpy as np
import pytest
import surface_distance as google

from kseg.metrics.surface import (
    average_distance_mm,
    normalized_surface_dice,
    robust_hausdorff_mm,
    surface_scores,
    surfaces_of,
)

pytestmark = pytest.mark.filterwarnings("ignore:Please import")  # google's way into SciPy

SPACINGS = [(1.0, 1.0, 1.0), (0.6, 0.8, 0.6), (0.8, 0.7, 3.0), (3.0, 0.75, 0.75)]


def box(shape, *slices):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*one) for one in slices)] = True
    return mask


def random_masks(seed):
    random = np.random.default_rng(seed)
    noise = random.random((14, 11, 9)) < 0.5  # every code of the 256 comes up
    blob = np.zeros_like(noise)
    blob[3:10, 2:9, 2:7] = True
    return noise & blob, np.roll(noise, 1, axis=0) & np.roll(blob, 1, axis=1)


def expected(reference, predicted, spacing):
    surfaces = google.compute_surface_distances(reference, predicted, spacing)
    there, back = google.compute_average_surface_distance(surfaces)
    areas = surfaces["surfel_areas_gt"].sum(), surfaces["surfel_areas_pred"].sum()
    return {
        **{f"nsd_{mm}mm": google.compute_surface_dice_at_tolerance(surfaces, mm) for mm in (1, 2, 3)},
        "hd95_mm": google.compute_robust_hausdorff(surfaces, 95),
        "assd_mm": (there * areas[0] + back * areas[1]) / sum(areas),
    }


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("seed", range(8))
def test_random_masks_score_as_with_google(seed, spacing):
    masks = random_masks(seed)
    found = surface_scores(*masks, spacing, tolerances_mm=(1, 2, 3), percent=95)
    assert found == pytest.approx(expected(*masks, spacing), abs=1e-6)


def test_kidneys_score_as_with_google(clinic):
    from kseg.images import read_volume

    outlined = read_volume(clinic / "parenchyma" / "P126.nii.gz")
    mask = outlined.voxels > 0
    shifted = np.roll(mask, (1, -2, 0), axis=(0, 1, 2))
    found = surface_scores(mask, shifted, outlined.grid.spacing_mm, tolerances_mm=(1, 2, 3), percent=95)
    assert found == pytest.approx(expected(mask, shifted, outlined.grid.spacing_mm), abs=1e-6)


def test_a_plate_that_is_shifted_lies_by_its_shift_away():
    # two plates of one voxel, 3 voxels of 2 mm apart: all but the rims of a large plate lies 6 mm from the other
    masks = box((9, 60, 60), (2, 3), (0, 60), (0, 60)), box((9, 60, 60), (5, 6), (0, 60), (0, 60))
    surfaces = surfaces_of(*masks, (2.0, 1.0, 1.0))
    assert robust_hausdorff_mm(surfaces, 95) == 6
    assert normalized_surface_dice(surfaces, 5.9) < 0.6  # the sides that face one another lie 4 mm apart
    assert normalized_surface_dice(surfaces, 6) == 1
    assert average_distance_mm(surfaces) == pytest.approx(5, abs=0.1)


def test_the_same_mask_has_no_distance():
    mask = box((8, 8, 8), (2, 6), (2, 6), (2, 6))
    found = surface_scores(mask, mask, (1.0, 1.0, 1.0), tolerances_mm=(1,), percent=95)
    assert found == {"nsd_1mm": 1, "hd95_mm": 0, "assd_mm": 0}


def test_one_empty_mask_meets_nothing_and_has_no_distance_two_have_no_score():
    mask, empty = box((8, 8, 8), (2, 6), (2, 6), (2, 6)), np.zeros((8, 8, 8), bool)
    for masks in ((mask, empty), (empty, mask)):
        found = surface_scores(*masks, (1.0, 1.0, 1.0), tolerances_mm=(2,), percent=95)
        assert found["nsd_2mm"] == 0
        assert math.isnan(found["hd95_mm"])
        assert math.isnan(found["assd_mm"])
    assert all(map(math.isnan, surface_scores(empty, empty, (1.0,) * 3, tolerances_mm=(2,), percent=95).values()))


def test_masks_at_the_edge_of_the_grid_have_a_surface_there():
    mask = np.ones((4, 4, 4), bool)
    assert surface_scores(mask, mask, (1.0,) * 3, tolerances_mm=(1,), percent=95)["nsd_1mm"] == 1
