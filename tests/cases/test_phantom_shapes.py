"""Distances, edges and random fields."""

import numpy as np
import pytest

from kseg.cases.phantom.canvas import Canvas, average_slices
from kseg.cases.phantom.shapes import ellipsoid, paint_ellipsoid, paint_tube, smooth_noise


def blank(shape=(41, 41, 41), spacing_mm=(1, 1, 1)):
    return Canvas.blank(shape, spacing_mm, (0, 0, 0), -100)


def test_an_ellipsoid_is_zero_on_its_surface_and_negative_inside():
    canvas = blank()
    distance = ellipsoid(canvas.x_mm, canvas.y_mm, canvas.z_mm, (10, 5, 15))
    middle = 20
    assert distance[middle + 10, middle, middle] == pytest.approx(0, abs=1e-4)
    assert distance[middle, middle + 5, middle] == pytest.approx(0, abs=1e-4)
    assert distance[middle + 13, middle, middle] == pytest.approx(3, abs=1e-4)
    assert distance[middle + 3, middle, middle] < 0


def test_a_painted_ellipsoid_has_its_volume():
    canvas = blank()
    paint_ellipsoid(canvas, (1, -2, 0), (10, 8, 12), 100)
    assert (canvas.hu + 100).sum() / 200 == pytest.approx(4 / 3 * np.pi * 10 * 8 * 12, rel=0.02)  # Archimedes


def test_a_painted_tube_has_its_volume():
    canvas = blank()
    paint_tube(canvas, [(-10, 0, 0), (10, 0, 0)], 4, 100)
    volume = np.pi * 4**2 * 20 + 4 / 3 * np.pi * 4**3
    assert (canvas.hu + 100).sum() / 200 == pytest.approx(volume, rel=0.03)


def test_painting_outside_the_canvas_changes_nothing():
    canvas = blank()
    paint_ellipsoid(canvas, (500, 0, 0), (10, 8, 12), 100)
    paint_tube(canvas, [(500, 0, 0), (600, 0, 0)], 4, 100)
    assert np.all(canvas.hu == -100)


def test_a_thick_slice_averages_its_thin_ones():
    thin = np.arange(24, dtype=np.float32).reshape(2, 2, 6)
    assert np.array_equal(average_slices(thin, 3), thin.reshape(2, 2, 2, 3).mean(axis=3))


def test_thinner_slices_fill_the_same_space():
    canvas = blank((4, 4, 5), (1, 1, 5))
    fine = canvas.finer(4)
    assert fine.hu.shape == (4, 4, 20)
    assert np.allclose(average_slices(np.broadcast_to(fine.z_mm, (1, 1, 20)).copy(), 4), canvas.z_mm, atol=1e-5)


def test_noise_is_smooth_and_of_unit_variance():
    canvas = blank((80, 80, 80))
    field = smooth_noise(np.random.default_rng(0), canvas, 4)
    assert field.dtype == np.float32
    assert field.mean() == pytest.approx(0, abs=0.1)
    assert field.std() == pytest.approx(1, abs=0.1)
    assert np.corrcoef(field[:-1].ravel(), field[1:].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(field[:-20].ravel(), field[20:].ravel())[0, 1]) < 0.1
