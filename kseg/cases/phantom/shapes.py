"""Which simple shapes organs are made of: signed distances in millimetres, and smooth random fields."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kseg.cases.phantom.canvas import Canvas, Field

Point = tuple[float, float, float]


def ellipsoid(x_mm: Field, y_mm: Field, z_mm: Field, radii_mm: Sequence[float]) -> Field:
    """Measure the distance to an ellipsoid around the origin, to first order.

    Args:
        x_mm: Positions that broadcast against the others.
        y_mm: See `x_mm`.
        z_mm: See `x_mm`.
        radii_mm: Along the three axes; in the same order.

    Returns:
        Negative inside; exact on the surface (Quilez, "ellipsoid SDF", 2008).
    """
    scaled = [np.square(v * np.float32(1 / r)) for v, r in zip((x_mm, y_mm, z_mm), radii_mm, strict=True)]
    steeper = [part * np.float32(1 / r**2) for part, r in zip(scaled, radii_mm, strict=True)]
    level = np.sqrt(scaled[0] + scaled[1] + scaled[2])
    slope = np.sqrt(steeper[0] + steeper[1] + steeper[2]) + np.float32(1e-6)
    distance: Field = level * (level - 1) / slope
    return distance


def cylinder(canvas: Canvas, centre_mm: tuple[float, float], radii_mm: tuple[float, float]) -> Field:
    """Measure the distance to an elliptic cylinder that runs from feet to head, to first order.

    Args:
        canvas: Where.
        centre_mm: Its middle (right, front).
        radii_mm: Along both axes.

    Returns:
        The signed distance, shape (X, Y, 1).
    """
    flat = np.zeros((1, 1, 1), dtype=np.float32)
    x, y = canvas.x_mm - np.float32(centre_mm[0]), canvas.y_mm - np.float32(centre_mm[1])
    return ellipsoid(x, y, flat, (*radii_mm, 1))


def paint_ellipsoid(canvas: Canvas, centre_mm: Point, radii_mm: Point, hu: float) -> None:
    """Paint an ellipsoid along the canvas's axes.

    Args:
        canvas: On which.
        centre_mm: Its middle.
        radii_mm: Along the three axes.
        hu: Its Hounsfield units.
    """
    low, high = ([c + sign * r for c, r in zip(centre_mm, radii_mm, strict=True)] for sign in (-1, 1))
    part = canvas.around(low, high)
    x, y, z = centre_mm
    if part.hu.size:
        part.paint(ellipsoid(part.x_mm - x, part.y_mm - y, part.z_mm - z, radii_mm), hu)


def segment(canvas: Canvas, start_mm: Point, end_mm: Point) -> Field:
    """Measure the distance to a straight line between two points.

    Args:
        canvas: Where.
        start_mm: One end.
        end_mm: The other.

    Returns:
        Never negative; subtract a radius to make a rod.
    """
    axis = np.subtract(end_mm, start_mm).astype(np.float32)
    x, y, z = (a - np.float32(v) for a, v in zip((canvas.x_mm, canvas.y_mm, canvas.z_mm), start_mm, strict=True))
    along = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / np.float32(axis @ axis), 0, 1).astype(np.float32)
    offsets = (x - along * axis[0], y - along * axis[1], z - along * axis[2])
    distance: Field = np.sqrt(sum(np.square(v) for v in offsets))
    return distance


def paint_tube(canvas: Canvas, points_mm: Sequence[Point], radius_mm: float, hu: float) -> None:
    """Paint a tube of one width along a chain of points.

    Args:
        canvas: On which.
        points_mm: Two or more.
        radius_mm: Half its width.
        hu: Its Hounsfield units.
    """
    for start, end in pairwise(points_mm):
        low, high = np.minimum(start, end) - radius_mm, np.maximum(start, end) + radius_mm
        part = canvas.around(low.tolist(), high.tolist())
        if part.hu.size:
            part.paint(segment(part, start, end) - np.float32(radius_mm), hu)


def smooth_noise(rng: np.random.Generator, canvas: Canvas, scale_mm: float | Sequence[float]) -> Field:
    """Draw a smooth random field: white noise on coarse nodes under a Gaussian.

    Args:
        rng: Draws it.
        canvas: Where it is wanted.
        scale_mm: The size of its hills, one for all axes or one each.

    Returns:
        Shape (X, Y, Z), of mean 0 and variance 1.
    """
    scales = np.broadcast_to(scale_mm, 3)
    axes = (canvas.x_mm.ravel(), canvas.y_mm.ravel(), canvas.z_mm.ravel())
    x, y, z = (_node_weights(axis, float(scale)) for axis, scale in zip(axes, scales, strict=True))
    nodes = rng.standard_normal((x.shape[1], y.shape[1], z.shape[1]), dtype=np.float32)
    columns = nodes.reshape(-1, nodes.shape[2]) @ z.T
    layers = (x @ columns.reshape(len(nodes), -1)).reshape(len(x), nodes.shape[1], len(z))
    field: Field = np.matmul(y, layers)
    return field


def _node_weights(axis_mm: NDArray[np.float32], scale_mm: float) -> NDArray[np.float32]:
    nodes = np.arange(axis_mm[0] - 2 * scale_mm, axis_mm[-1] + 2.01 * scale_mm, scale_mm)
    weights = np.exp(-0.5 * np.square((axis_mm[:, None] - nodes) / (0.75 * scale_mm)))
    normed: NDArray[np.float32] = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    return normed
