"""Which kidney does each voxel of the outlines, and of a prediction, belong to?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from kseg.images import bounding_box
from kseg.metrics.sides import Side, tell_sides_apart


def sides_of_both(
    outlined: NDArray[np.bool_], predicted: NDArray[np.bool_], affine: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Divide the outlined and the predicted parenchyma into the patient's kidneys, so that like is held against like.

    The outlines are divided by `tell_sides_apart`. Where both kidneys are outlined, a predicted voxel belongs to the
    one whose outline is nearest. Where one is, a connected piece of the prediction that touches its outline belongs to
    it, and any other to the side of the middle of the volume on which it lies. Where none is, the prediction is divided
    by itself.

    Args:
        outlined: True inside, shape (X, Y, Z), the whole grid.
        predicted: The same shape.
        affine: Voxel indices to millimetres in RAS+ space, shape (4, 4).

    Returns:
        Of both, 0 outside and else of `Side`; uint8 of the masks' shape.
    """
    reference = tell_sides_apart(outlined, affine)
    if not reference.shown:
        return reference.voxels, tell_sides_apart(predicted, affine).voxels
    divide = _by_the_nearest if len(reference.shown) > 1 else _by_the_piece
    return reference.voxels, divide(reference.voxels, predicted, affine)


def _by_the_nearest(
    sides: NDArray[np.uint8], predicted: NDArray[np.bool_], affine: NDArray[np.float64]
) -> NDArray[np.uint8]:
    found = np.where(predicted, sides, np.uint8(0))
    beyond = np.argwhere(predicted & (sides == 0))
    if len(beyond):
        box = bounding_box(sides > 0)
        inside = sides[box] > 0
        rim = np.argwhere(inside & ~ndimage.binary_erosion(inside)) + [one.start for one in box]
        _, nearest = KDTree(rim @ affine[:3, :3].T).query(beyond @ affine[:3, :3].T)
        found[tuple(beyond.T)] = sides[tuple(rim[nearest].T)]
    return found


def _by_the_piece(
    sides: NDArray[np.uint8], predicted: NDArray[np.bool_], affine: NDArray[np.float64]
) -> NDArray[np.uint8]:
    shown = Side(int(sides.max()))
    middle = float(affine[0] @ [*((np.array(sides.shape) - 1) / 2), 1])
    found = np.zeros_like(sides)
    box = bounding_box(predicted)
    numbered, _ = ndimage.label(predicted[box])
    boxes: Any = ndimage.find_objects(numbered)
    for number, part in enumerate(boxes, start=1):
        piece = numbered[part] == number
        starts = [inner.start + outer.start for inner, outer in zip(part, box, strict=True)]
        centre = np.argwhere(piece).mean(axis=0) + starts
        across = Side.LEFT if float(affine[0] @ [*centre, 1]) < middle else Side.RIGHT
        found[box][part][piece] = shown if sides[box][part][piece].any() else across
    return found
