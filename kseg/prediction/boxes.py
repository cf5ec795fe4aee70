"""Boxes of a prepared CT: around what was found, as large as a window, wider where they cut a kidney."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from kseg.images import Box


def transferred(box: Box, shape: Sequence[int], other: Sequence[int]) -> Box:
    """The same part of the patient on another grid of the same extent: no voxel less.

    Args:
        box: On a grid of this shape.
        shape: See `box`.
        other: The other grid's shape.

    Returns:
        The box there.
    """
    starts = [side.start * there // here for side, here, there in zip(box, shape, other, strict=True)]
    stops = [-(-side.stop * there // here) for side, here, there in zip(box, shape, other, strict=True)]
    return _box(starts, stops)


def widened(box: Box, by: NDArray[np.int_], shape: Sequence[int], smallest: Sequence[int]) -> Box:
    """Widen a box as far as the grid goes.

    Args:
        box: To be widened.
        by: Voxels, shape (3, 2), low and high of each axis.
        shape: Of the grid.
        smallest: So many voxels it has along each axis at least, where the grid has: then a window sees the patient
            and no border.

    Returns:
        The wider box.
    """
    starts, stops = [], []
    for side, (low, high), length, least in zip(box, by, shape, smallest, strict=True):
        start, stop = max(0, side.start - int(low)), min(length, side.stop + int(high))
        lacking = max(0, least - (stop - start))
        start = max(0, min(start - lacking // 2, length - least))
        starts.append(start)
        stops.append(min(length, max(stop, start + least)))
    return _box(starts, stops)


def apart(boxes: Iterable[Box]) -> list[Box]:
    """Join boxes that meet, until no two do.

    Args:
        boxes: Of one grid.

    Returns:
        Boxes without a voxel in common.
    """
    joined: list[Box] = []
    for box in boxes:
        meeting = next((other for other in joined if _meet(box, other)), None)
        if meeting is None:
            joined.append(box)
            continue
        others = [other for other in joined if other is not meeting]
        joined = apart([*others, _around(box, meeting)])
    return joined


def size_of(box: Box) -> tuple[int, int, int]:
    """Voxels along each axis."""
    x, y, z = (side.stop - side.start for side in box)
    return x, y, z


def _meet(one: Box, other: Box) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def _around(one: Box, other: Box) -> Box:
    sides = list(zip(one, other, strict=True))
    return _box([min(a.start, b.start) for a, b in sides], [max(a.stop, b.stop) for a, b in sides])


def _box(starts: Sequence[int], stops: Sequence[int]) -> Box:
    x, y, z = (slice(start, stop) for start, stop in zip(starts, stops, strict=True))
    return x, y, z
