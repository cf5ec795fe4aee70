"""What lies around the kidneys: wall, bones, muscles, vessels, organs and bowel."""

from __future__ import annotations

import numpy as np

from kseg.cases.phantom.anatomy import Body
from kseg.cases.phantom.canvas import Canvas, Field
from kseg.cases.phantom.shapes import ellipsoid, paint_ellipsoid, paint_tube, smooth_noise

AIR_HU = -1024.0
ENDLESS = float("inf")
SPINE_MM = (0.0, -0.37)
"""The vertebral body's middle: at the midline, and behind the trunk's middle as a share of its half depth."""


def paint_abdomen(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    """Paint a trunk without kidneys.

    Args:
        rng: Draws what makes it this patient's.
        body: Its measures.
        canvas: A blank one.
    """
    cavity = _paint_wall(rng, body, canvas)
    _paint_solid_organs(rng, body, canvas, cavity)
    _paint_bowel(rng, body, canvas, cavity)
    _paint_muscles(body, canvas)
    _paint_spine(rng, body, canvas)
    _paint_great_vessels(rng, body, canvas)


def _paint_wall(rng: np.random.Generator, body: Body, canvas: Canvas) -> Field:
    """Paint skin, fat, muscle and ribs; return the distance to the cavity."""
    x, y, z = canvas.x_mm, canvas.y_mm, canvas.z_mm
    flat = np.zeros((1, 1, 1), dtype=np.float32)
    skin = ellipsoid(x, y, flat, (body.half_width_mm, body.half_depth_mm, ENDLESS))
    muscle = ellipsoid(
        x, y + 3, flat, (body.half_width_mm - body.fat_mm, body.half_depth_mm - 1.1 * body.fat_mm, ENDLESS)
    )
    cavity = muscle + np.float32(9) + np.float32(2) * smooth_noise(rng, canvas, 40)
    texture = 7 * smooth_noise(rng, canvas, 7)
    canvas.paint(skin, 15)
    canvas.paint(skin + 2, body.fat_hu + texture)
    canvas.paint(muscle, body.muscle_hu + texture)
    canvas.paint(cavity, body.fat_hu + texture)

    around = np.arctan2(np.abs(x), -y - 10)
    spacing = rng.uniform(25, 31)
    height = np.mod(z + 16 * around + rng.uniform(0, spacing), spacing) - spacing / 2
    rib = np.hypot(muscle + 5, height * 0.75) - np.float32(5)
    ends = np.maximum(around - np.float32(2.0), 20 - z) * 10
    rib = np.maximum(np.maximum(rib, 0.5 - around), ends)
    canvas.paint(rib, 380)
    canvas.paint(rib + 2.2, body.bone_hu)
    return cavity


def _paint_muscles(body: Body, canvas: Canvas) -> None:
    x, y, z = canvas.x_mm, canvas.y_mm, canvas.z_mm
    spine = SPINE_MM[1] * body.half_depth_mm
    for side in (-1, 1):
        erector = ellipsoid(x - side * 34, y - spine + 36, 0 * z, (27, 17, ENDLESS))
        canvas.paint(erector, body.muscle_hu)
        lumborum = ellipsoid(x - side * 57, y - spine + 20, 0 * z, (17, 8, ENDLESS))
        canvas.paint(lumborum, body.muscle_hu)
        growing = np.clip(15 - 0.06 * z, 6, 22)
        psoas = ellipsoid(
            (x - side * (33 + 0.3 * (15 - 0.06 * z))) / growing, (y - spine) / growing / 1.15, 0 * z, (1, 1, ENDLESS)
        )
        canvas.paint(psoas * growing, body.muscle_hu + 2)


def _paint_spine(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    spine = SPINE_MM[1] * body.half_depth_mm
    part = canvas.within((-50, spine - 62, -999), (50, spine + 30, 999))
    x, y, z = part.x_mm, part.y_mm - spine, part.z_mm
    pitch = rng.uniform(34, 39)
    height = np.abs(np.mod(z + rng.uniform(0, pitch), pitch) - pitch / 2)
    vertebra = ellipsoid(x, y, 0 * z, (23, 17, ENDLESS))
    disc = (height - (pitch / 2 - 4)) * np.float32(1)
    bone = np.maximum(vertebra + 1.5 * (1 - height / pitch * 2), disc)
    arch = np.abs(ellipsoid(x, y + 26, 0 * z, (14, 13, ENDLESS))) - 3.5
    arch = np.maximum(arch, y + 14)
    spinous = np.maximum(np.hypot(x, np.maximum(np.abs(y + 50) - 10, 0)) - 3.5, height - 10)
    transverse = np.maximum(np.hypot(np.maximum(np.abs(np.abs(x) - 26) - 14, 0), y + 24) - 4, height - 6)
    part.paint(vertebra, 85)
    for shape in (bone, arch, spinous, transverse):
        part.paint(shape, 360)
    part.paint(bone + 2, body.bone_hu * (1 + 0.08 * smooth_noise(rng, part, 4)))
    part.paint(spinous + 2, body.bone_hu)
    part.paint(ellipsoid(x, y + 26, 0 * z, (10, 8.5, ENDLESS)), 30)


def _paint_great_vessels(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    front = SPINE_MM[1] * body.half_depth_mm + 26
    low, high = float(canvas.z_mm.min()) - 9, float(canvas.z_mm.max()) + 9
    sway = rng.normal(0, 4, 4)
    aorta = [(-12 + sway[0], front + 2, low), (-12 + sway[1], front + 3, 0.0), (-9.0, front + 3, high)]
    vena_cava = [(17 + sway[2], front, low), (18 + sway[3], front + 3, 0.0), (20.0, front + 10, high)]
    paint_tube(canvas, vena_cava, rng.uniform(9, 12), 0.45 * body.vein_hu + 45)
    paint_tube(canvas, aorta, rng.uniform(8.5, 11), body.aorta_hu)
    paint_tube(canvas, [(-6, front + 12, low), (-8, front + 22, -10), (-10, front + 5, 40)], 3.6, body.aorta_hu)
    paint_tube(canvas, [(8, front + 28, low), (6, front + 24, 0), (28, front + 30, 60)], 5.5, 110)


def _paint_solid_organs(rng: np.random.Generator, body: Body, canvas: Canvas, cavity: Field) -> None:
    x, y, z = canvas.x_mm, canvas.y_mm, canvas.z_mm
    wide, deep = body.half_width_mm / 158, body.half_depth_mm / 112
    bumps = 4 * smooth_noise(rng, canvas, 26)
    edge = rng.normal(0, 12)
    right = ellipsoid(x - 92 * wide, y - 5 * deep, z - 70 - edge, (66 * wide, 88 * deep, 95))
    left = ellipsoid(x - 20, y - 52 * deep, z - 85 - edge, (75 * wide, 42 * deep, 60))
    liver = np.maximum(np.minimum(right, left) + bumps, cavity)
    branches = np.hypot(smooth_noise(rng, canvas, 30), smooth_noise(rng, canvas, 30))
    texture = np.where(branches < 0.16, np.float32(25), np.float32(0))
    canvas.paint(liver, body.liver_hu + texture)
    spleen = ellipsoid(x + 112 * wide, y + 22 * deep, z - 55 + edge, (38, 52 * deep, rng.uniform(42, 62)))
    bands = 14 * smooth_noise(rng, canvas, (9, 9, 14))
    canvas.paint(np.maximum(spleen + bumps, cavity + 1), body.spleen_hu + bands)
    lung = np.maximum(cavity + 2, 88 - z - np.float32(0.25) * (-y))
    canvas.paint(np.maximum(lung, -(cavity + 30) - 0), -850)
    if rng.random() < 0.8:
        paint_ellipsoid(canvas, (62 * wide, 62 * deep, 5 + edge), (14, 20, 24), 10)
    paint_tube(canvas, [(32, 18, 5), (8, 30, 18), (-30, 22, 28), (-70, 2, 42)], rng.uniform(8, 12), 100)


def _paint_bowel(rng: np.random.Generator, body: Body, canvas: Canvas, cavity: Field) -> None:
    x, y, z = canvas.x_mm, canvas.y_mm, canvas.z_mm
    wide, deep = body.half_width_mm / 158, body.half_depth_mm / 112
    loops = smooth_noise(rng, canvas, 15) * 9
    region = ellipsoid(x, y - 40 * deep, z + 55, (95 * wide, 45 * deep, 75))
    small = np.maximum(np.maximum(3 - loops, region), cavity + 4)
    canvas.paint(small, 85)
    content = 25 + 14 * smooth_noise(rng, canvas, 12)
    canvas.paint(small + 2.5, content)
    level = y - 40 * deep
    stomach = ellipsoid(x + 60 * wide, y - 55 * deep, z - 65, (45, 34 * deep, 50)) + loops * 0.3
    for hollow, gas_from in (
        (np.maximum(stomach, cavity + 3), level - 24),
        (_colon(rng, x - 108 * wide, y - 8, z + 60, 80), y - 14),
        (_colon(rng, x + 112 * wide, y + 4, z + 50, 75), y - 6),
        (_colon(rng, z + 20 - 0.002 * x * x, y - 72 * deep, x, 90 * wide), level - 36),
    ):
        canvas.paint(hollow, 75)
        canvas.paint(hollow + 2.5, content * 1.6)
        canvas.paint(np.maximum(hollow + 2.5, -gas_from + loops * 0.15), -950)
    duodenum = [(48, 22, 30), (52, 8, 0), (44, 4, -30), (0, 4, -38)]
    paint_tube(canvas, duodenum, 13, 80)
    paint_tube(canvas, duodenum, 10, rng.uniform(15, 45))


def _colon(rng: np.random.Generator, across: Field, deep: Field, along: Field, half_length_mm: float) -> Field:
    """Measure the distance to a bulging tube."""
    bulges = 3 * np.sin(along * np.float32(2 * np.pi / rng.uniform(28, 40)))
    tube = np.hypot(across, deep) - (rng.uniform(16, 23) + bulges)
    distance: Field = np.maximum(tube, np.abs(along) - half_length_mm)
    return distance
