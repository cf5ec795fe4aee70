"""What holds the trunk together: skin, fat, muscles, ribs and spine."""

from __future__ import annotations

import numpy as np

from kseg.cases.phantom.anatomy import Body
from kseg.cases.phantom.canvas import Canvas, Field
from kseg.cases.phantom.shapes import cylinder, smooth_noise
from kseg.cases.phantom.typical import TISSUE

SKIN_MM = 2.0
WALL_MM = 9.0
"""Thickness of the muscles between the fat under the skin and the cavity."""
COMPACT_BONE_MM = 2.0


def paint_wall(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    """Paint everything but the cavity's contents.

    Args:
        rng: Draws what makes it this patient's.
        body: Its measures.
        canvas: A blank one.
    """
    _paint_layers(rng, body, canvas)
    _paint_ribs(rng, body, canvas)
    _paint_muscles(body, canvas)
    _paint_spine(rng, body, canvas)


def cavity(body: Body, canvas: Canvas) -> Field:
    """Measure the distance to the inside of the wall.

    Args:
        body: Its measures.
        canvas: Where.

    Returns:
        The signed distance, shape (X, Y, 1).
    """
    return _muscle_coat(body, canvas) + np.float32(WALL_MM)


def _muscle_coat(body: Body, canvas: Canvas) -> Field:
    return cylinder(canvas, (0, -3), (body.half_width_mm, body.half_depth_mm))


def _paint_layers(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    skin = cylinder(canvas, (0, 0), body.skin_mm)
    canvas.paint(skin, body.fat_hu + 7 * smooth_noise(rng, canvas, 9))
    shell = canvas.coverage(skin) - canvas.coverage(skin + np.float32(SKIN_MM))
    canvas.blend(shell, TISSUE.skin)
    coat = _muscle_coat(body, canvas)
    canvas.blend(canvas.coverage(coat) - canvas.coverage(coat + np.float32(WALL_MM)), body.muscle_hu)


def _paint_ribs(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    """Paint ribs that run down and forwards within the wall; voxels elsewhere are left out of the sum."""
    x_mm, y_mm = (axis[..., 0] for axis in np.broadcast_arrays(canvas.x_mm, canvas.y_mm))
    depth = _muscle_coat(body, canvas)[..., 0] + np.float32(0.5 * WALL_MM)
    around = np.arctan2(np.abs(x_mm), -y_mm - 10)
    ring = np.nonzero((np.abs(depth) < 10) & (around > 0.4) & (around < 2.1))
    apart = rng.uniform(25, 31)
    height = np.mod(canvas.z_mm[0] + 16 * around[ring][:, None] + rng.uniform(0, apart), apart) - apart / 2
    rib = np.hypot(depth[ring][:, None], 0.75 * height).astype(np.float32) - np.float32(5)
    rib = np.maximum(rib, np.minimum(20 - canvas.z_mm[0], 10))
    voxels = canvas.hu[ring]
    for distance, hu in ((rib, TISSUE.compact_bone), (rib + np.float32(COMPACT_BONE_MM), body.bone_hu)):
        voxels += canvas.coverage(distance) * (np.float32(hu) - voxels)
    canvas.hu[ring] = voxels


def _paint_muscles(body: Body, canvas: Canvas) -> None:
    spine = body.spine_mm
    for side in (-1, 1):
        canvas.paint(cylinder(canvas, (side * 34, spine - 36), (27, 17)), body.muscle_hu)
        canvas.paint(cylinder(canvas, (side * 57, spine - 20), (17, 8)), body.muscle_hu)
        part = canvas.within((min(0, side * 80), spine - 40, -np.inf), (max(0, side * 80), spine + 40, np.inf))
        growing = np.clip(15 - 0.06 * part.z_mm, 6, 22).astype(np.float32)
        across = (part.x_mm - side * (33 + 0.3 * growing)) / growing
        psoas = np.sqrt(np.square(across) + np.square((part.y_mm - np.float32(spine)) / (1.15 * growing))) - 1
        part.paint(psoas * growing, body.muscle_hu + 2)


def _paint_spine(rng: np.random.Generator, body: Body, canvas: Canvas) -> None:
    spine = body.spine_mm
    part = canvas.within((-50, spine - 62, -np.inf), (50, spine + 30, np.inf))
    x, y, z = part.x_mm, part.y_mm - np.float32(spine), part.z_mm
    pitch = rng.uniform(34, 39)
    height = np.abs(np.mod(z + rng.uniform(0, pitch), pitch) - pitch / 2).astype(np.float32)
    column = cylinder(part, (0, spine), (23, 17))
    canal = cylinder(part, (0, spine - 26), (10, 8.5))
    body_of_vertebra = np.maximum(column + 1.5 - height * np.float32(3 / pitch), height - np.float32(pitch / 2 - 4))
    arch = np.maximum(np.abs(canal - 3) - 3, y + 14)
    spinous = np.maximum(np.hypot(x, np.maximum(np.abs(y + 50) - 10, 0)) - 3.5, height - 10)
    transverse = np.hypot(np.maximum(np.abs(np.abs(x) - 26) - 14, 0), y + 24) - 4
    part.paint(column, TISSUE.disc)
    for bone in (body_of_vertebra, arch, spinous, np.maximum(transverse, height - 6)):
        part.paint(bone, TISSUE.compact_bone)
        part.paint(bone + COMPACT_BONE_MM, body.bone_hu)
    part.paint(canal, TISSUE.cord)
