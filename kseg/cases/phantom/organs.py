"""What fills the cavity around the kidneys: great vessels, liver, spleen, pancreas, stomach and bowel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kseg.cases.phantom.anatomy import Body
from kseg.cases.phantom.canvas import Canvas, Field
from kseg.cases.phantom.draw import HALF_DEPTH_MM, HALF_WIDTH_MM
from kseg.cases.phantom.shapes import ellipsoid, paint_ellipsoid, paint_tube, smooth_noise
from kseg.cases.phantom.typical import TISSUE
from kseg.cases.phantom.wall import cavity

BOWEL_WALL_MM = 2.5


def paint_organs(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    """Paint what a trunk without kidneys holds.

    Args:
        rng: Draws what makes it this patient's.
        body: Its measures.
        canvas: One with a wall.
    """
    _paint_small_bowel(rng, body, canvas)
    _paint_liver(rng, body, canvas)
    _paint_spleen(rng, body, canvas)
    _paint_hollow_organs(rng, body, canvas)
    _paint_great_vessels(rng, body, canvas)
    _paint_lung_bases(body, canvas)


def _paint_lung_bases(body: Body, canvas: Canvas) -> None:
    """Paint the recesses of both lungs, which hang down behind liver and spleen."""
    part = canvas.within((-np.inf, -np.inf, 70), (np.inf, 30, np.inf))
    inside = cavity(body, part) + 2
    recess = np.maximum(np.maximum(inside, -inside - 18), 48 - np.abs(part.x_mm))
    lung = np.maximum(recess, 85 - part.z_mm + 0.25 * part.y_mm)
    part.paint(lung, TISSUE.lung)


def _paint_liver(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    wide, deep = _proportions(body)
    edge = rng.normal(0, 12)
    part = canvas.within((-75 * wide, -90 * deep, -45 + edge), (np.inf, np.inf, np.inf))
    right = _ellipsoid_at(part, (92 * wide, 5 * deep, 70 + edge), (66 * wide, 88 * deep, 95))
    left = _ellipsoid_at(part, (20 * wide, 52 * deep, 85 + edge), (75 * wide, 42 * deep, 60))
    branches = np.hypot(smooth_noise(rng, part, 30), smooth_noise(rng, part, 30)) < 0.16
    liver = np.maximum(np.minimum(right, left) + 4 * smooth_noise(rng, part, 26), cavity(body, part))
    part.paint(liver, body.liver_hu + 25 * branches.astype(np.float32))
    if rng.random() < 0.8:
        paint_ellipsoid(canvas, (56 * wide, 50 * deep, 5 + edge), (14, 18, 24), TISSUE.bile)


def _paint_spleen(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    """Paint a spleen with the bands of its early enhancement."""
    wide, deep = _proportions(body)
    half = rng.uniform(42, 62)
    centre = (-112 * wide, -22 * deep, 55 + rng.normal(0, 10))
    part = canvas.within((-np.inf, -85 * deep, centre[2] - half - 9), (-60 * wide, 40 * deep, centre[2] + half + 9))
    spleen = _ellipsoid_at(part, centre, (38, 52 * deep, half)) + 3 * smooth_noise(rng, part, 22)
    part.paint(np.maximum(spleen, cavity(body, part) + 1), body.spleen_hu + 12 * smooth_noise(rng, part, 9))


def _paint_small_bowel(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    """Paint loops: where a random field is high, within the lower front of the cavity."""
    wide, deep = _proportions(body)
    part = canvas.within((-100 * wide, -12 * deep, -np.inf), (100 * wide, np.inf, 30))
    region = _ellipsoid_at(part, (0, 40 * deep, -55), (95 * wide, 45 * deep, 75))
    loops = np.maximum(np.maximum(3 - 9 * smooth_noise(rng, part, 15), region), cavity(body, part) + 4)
    part.paint(loops, TISSUE.bowel_wall)
    part.paint(loops + BOWEL_WALL_MM, 25 + 14 * smooth_noise(rng, part, 12))


def _paint_hollow_organs(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    wide, deep = _proportions(body)
    stomach = canvas.within((-110 * wide, 15 * deep, 10), (-10 * wide, np.inf, np.inf))
    shape = _ellipsoid_at(stomach, (-60 * wide, 55 * deep, 65), (45, 34 * deep, 50)) + 3 * smooth_noise(
        rng, stomach, 20
    )
    _paint_hollow(rng, stomach, np.maximum(shape, cavity(body, stomach) + 3), 62 * deep)
    for x, y, low, high in ((108 * wide, 8, -np.inf, 20), (-112 * wide, -4, -np.inf, 25)):
        flank = canvas.within((x - 32, y - 32, low), (x + 32, y + 32, high))
        tube = _bulging_tube(rng, flank.x_mm - np.float32(x), flank.y_mm - np.float32(y), flank.z_mm)
        _paint_hollow(rng, flank, np.maximum(tube, flank.z_mm - (high - 5)), y + rng.uniform(-5, 12))
    across = canvas.within((-90 * wide, 40 * deep, -60), (90 * wide, np.inf, 20))
    sagging = across.z_mm + 20 - 0.002 * np.square(across.x_mm)
    tube = _bulging_tube(rng, sagging, across.y_mm - np.float32(70 * deep), across.x_mm)
    _paint_hollow(rng, across, np.maximum(tube, cavity(body, across) + 2), rng.uniform(70, 84) * deep)
    duodenum = [(48, 22, 30), (52, 8, 0), (44, 4, -30), (0, 4, -38)]
    paint_tube(canvas, duodenum, 13, TISSUE.bowel_wall)
    paint_tube(canvas, duodenum, 10, rng.uniform(*TISSUE.bowel_contents))


def _paint_hollow(rng: np.random.Generator, part: Canvas, distance_mm: Field, gas_above_mm: float) -> None:
    """Paint a wall, what it holds, and the gas that rises to the front."""
    lumen = distance_mm + np.float32(BOWEL_WALL_MM)
    mottled = smooth_noise(rng, part, 11)
    part.paint(distance_mm, TISSUE.bowel_wall)
    part.paint(lumen, 40 + 22 * mottled)
    part.paint(np.maximum(lumen, gas_above_mm - part.y_mm + mottled), TISSUE.gas)


def _bulging_tube(rng: np.random.Generator, across_mm: Field, deep_mm: Field, along_mm: Field) -> Field:
    bulges = 2.5 * np.sin(along_mm * np.float32(2 * np.pi / rng.uniform(28, 40)))
    tube: Field = np.hypot(across_mm, deep_mm) - (np.float32(rng.uniform(16, 22)) + bulges)
    return tube


def _paint_great_vessels(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    front = body.vessels_mm
    low, high = float(canvas.z_mm.min()) - 9, float(canvas.z_mm.max()) + 9
    sway = rng.normal(0, 4, 4).tolist()
    aorta = [(-12 + sway[0], front + 2, low), (-12 + sway[1], front + 3, 0.0), (-9.0, front + 3, high)]
    vena_cava = [(17 + sway[2], front + 3, low), (18 + sway[3], front + 7, 0.0), (20.0, front + 12, high)]
    paint_tube(canvas, [(32, 18, 5), (8, 30, 18), (-30, 22, 28), (-70, 2, 42)], rng.uniform(8, 12), TISSUE.pancreas)
    paint_tube(canvas, vena_cava, rng.uniform(9, 12), 0.45 * body.vein_hu + 45)
    paint_tube(canvas, aorta, rng.uniform(8.5, 11), body.aorta_hu)
    paint_tube(canvas, [(-6, front + 12, low), (-8, front + 22, -10), (-10, front + 5, 40)], 3.6, body.aorta_hu)
    paint_tube(canvas, [(8, front + 28, low), (6, front + 24, 0), (28, front + 30, 60)], 5.5, 0.7 * body.vein_hu)


def _ellipsoid_at(canvas: Canvas, centre_mm: Sequence[float], radii_mm: Sequence[float]) -> Field:
    x, y, z = (np.float32(v) for v in centre_mm)
    return ellipsoid(canvas.x_mm - x, canvas.y_mm - y, canvas.z_mm - z, radii_mm)


def _proportions(body: Body) -> tuple[float, float]:
    """Compare a trunk's width and depth with a typical one's, to which the organs' places refer."""
    return body.half_width_mm / HALF_WIDTH_MM, body.half_depth_mm / HALF_DEPTH_MM
