"""Is the cortex as thick as geometry says, whatever the voxels, the sinus and the columns?"""

import math

import numpy as np
import pytest

from kseg.cases.phantom.draw import draw_body, draw_kidneys
from kseg.cases.phantom.recipe import Recipe, Stream, scan_patient
from kseg.metrics.sides import Side, tell_sides_apart
from kseg.metrics.thickness import Bases, cortical_thickness_mm, pyramid_bases

RADIUS_MM, THICKNESS_MM = 30.0, 6.0


def places_mm(spacing_mm, half_mm=RADIUS_MM + 4):
    """The voxels' places, shape (X, Y, Z, 3), around a centre that lies on no voxel."""
    axes = [np.arange(-half_mm, half_mm, step) + 0.13 * step for step in spacing_mm]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def kidney(places, thickness_mm=THICKNESS_MM):
    """A ball of parenchyma, and its medulla: the ball that lies a cortex deeper."""
    from_centre = np.linalg.norm(places, axis=-1)
    return from_centre < RADIUS_MM, from_centre < RADIUS_MM - thickness_mm


def thickness(parenchyma, medulla, spacing_mm):
    return cortical_thickness_mm(pyramid_bases(parenchyma, medulla, spacing_mm))


@pytest.mark.parametrize("spacing_mm", [(0.8, 0.8, 0.8), (1, 1, 1), (0.8, 0.8, 2), (3, 0.75, 0.9), (1.5, 1.5, 3)])
@pytest.mark.parametrize("thickness_mm", [3.0, 4.0, 6.0, 8.0])
def test_a_shell_is_as_thick_as_its_radii_differ(spacing_mm, thickness_mm):
    found = thickness(*kidney(places_mm(spacing_mm), thickness_mm), spacing_mm)
    assert found == pytest.approx(thickness_mm, abs=0.35)


@pytest.mark.parametrize("thickness_mm", [4.0, 6.0])
def test_the_nearest_of_flat_faces_is_exactly_as_far_as_its_voxels_say(thickness_mm):
    """8 or 12 voxels of 0.5 mm; along the other axes the capsule is 24 mm away and more."""
    spacing_mm, steps = (0.5, 2.0, 3.0), round(thickness_mm / 0.5)
    parenchyma = np.zeros((80, 40, 40), bool)
    parenchyma[10:70, 2:38, 2:38] = True
    medulla = np.zeros_like(parenchyma)
    medulla[10 + steps : 70 - steps, 14:26, 14:26] = True
    distances = pyramid_bases(parenchyma, medulla, spacing_mm).to_capsule_mm
    assert distances.min() == pytest.approx(thickness_mm, abs=0.01)


@pytest.mark.parametrize("spacing_mm", [(0.8, 0.8, 0.8), (1.5, 1.5, 3)])
def test_the_wall_of_the_sinus_is_not_the_capsule(spacing_mm):
    """A canal 18 mm wide from the surface to the middle, on whose wall the medulla lies bare: distances of 0 to it."""
    places = places_mm(spacing_mm)
    canal = (np.hypot(places[..., 1], places[..., 2]) < 9) & (places[..., 0] > -10)
    parenchyma, medulla = (mask & ~canal for mask in kidney(places))
    assert thickness(parenchyma, medulla, spacing_mm) == pytest.approx(THICKNESS_MM, abs=0.35)


@pytest.mark.parametrize("spacing_mm", [(0.8, 0.8, 0.8), (1.5, 1.5, 3)])
def test_columns_between_the_pyramids_do_not_count(spacing_mm):
    """Eight columns of a quarter of the way around each, down to 8 mm from the middle: by volume the cortex doubles."""
    places = places_mm(spacing_mm)
    parenchyma, medulla = kidney(places)
    turn = np.arctan2(places[..., 1], places[..., 0]) / (2 * np.pi)
    columns = (np.abs((8 * turn) % 1 - 0.5) < 0.12) & (np.linalg.norm(places, axis=-1) > 8)
    assert thickness(parenchyma, medulla & ~columns, spacing_mm) == pytest.approx(THICKNESS_MM, abs=0.35)


def test_two_kidneys_weigh_by_their_bases():
    one, other = Bases(np.array([4.0, 4.0]), np.array([1.0, 1.0])), Bases(np.array([7.0]), np.array([1.0]))
    assert cortical_thickness_mm(one, other) == 5  # (4 + 4 + 7) / 3


def test_without_medulla_or_kidney_there_is_no_thickness():
    ball, _ = kidney(places_mm((2, 2, 2)))
    nothing = np.zeros_like(ball)
    assert math.isnan(thickness(ball, nothing, (2, 2, 2)))
    assert math.isnan(thickness(nothing, nothing, (2, 2, 2)))
    assert math.isnan(cortical_thickness_mm())


@pytest.mark.slow
def test_the_phantoms_cortices_are_as_thick_as_they_were_drawn():
    """The recipe's own millimetres between capsule and pyramids, of which scars and cysts take some away."""
    lost_mm = []
    recipe = Recipe(seed=5, patients_per_group=1, in_plane_mm=(1.4, 1.4))
    for patient in recipe.patients():
        anatomy = recipe.rng(patient.index, Stream.ANATOMY)
        drawn = draw_kidneys(anatomy, patient.group, patient.age, draw_body(anatomy, patient.sex, patient.age))
        made = scan_patient(recipe, patient)
        sides = tell_sides_apart(made.parenchyma > 0, made.grid.affine)
        medulla = (made.parenchyma > 0) & (made.cortex == 0)
        for kidney, side in zip(drawn, (Side.RIGHT, Side.LEFT), strict=True):
            of_side = sides.voxels == side
            found = thickness(of_side, medulla & of_side, made.grid.spacing_mm)
            lost_mm.append(kidney.cortex_mm - found)
    assert min(lost_mm) > -0.1
    assert max(lost_mm) < 1.5
    assert np.median(lost_mm) < 0.7
