"""Which part of a volume holds all that is drawn in it?"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Box: TypeAlias = tuple[slice, slice, slice]
"""A first and a last voxel along each axis of a volume."""


def bounding_box(mask: NDArray[np.bool_]) -> Box:
    """Find the smallest box that holds all of a mask.

    Args:
        mask: Shape (X, Y, Z).

    Returns:
        A slice for each axis; empty ones where the mask is empty.
    """
    if mask.flags.f_contiguous:  # a whole volume is passed over once, in the order of memory
        x, y, z = reversed(_box(mask.T))
    else:
        x, y, z = _box(mask)
    return x, y, z


def _box(mask: NDArray[np.bool_]) -> list[slice]:
    box = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        occupied = np.flatnonzero(mask.any(axis=others))
        if not len(occupied):
            return [slice(0, 0)] * mask.ndim
        box.append(slice(int(occupied[0]), int(occupied[-1]) + 1))
        mask = mask[(slice(None),) * axis + (box[axis],)]
    return box
