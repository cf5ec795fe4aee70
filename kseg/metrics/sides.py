"""Which kidney is the patient's right one, and which the left?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kseg.images import Box, bounding_box
from kseg.metrics.volume import MM3_PER_ML

LARGE_SHARE = 0.03
"""From this share of the largest piece's volume a piece is a kidney, or a good part of one; smaller ones are crumbs."""

APART_MM = 35
"""Centres of two kidneys lie further apart from right to left, the spine between them; of two parts of one, less."""

CROSSING_SHARE = 0.2
"""A lone piece that has this share of its volume on either side of the midline crosses it."""

BODY_HU = -300
"""What is brighter is body."""

BODY_SAMPLES = 64
"""Along each axis: enough to find the middle of a body."""


class Side(IntEnum):
    """The integers of a map of sides: the patient's, not the viewer's."""

    RIGHT = 1
    LEFT = 2


@dataclass(frozen=True)
class Sides:
    """A parenchyma, told apart by the patient's sides.

    Args:
        voxels: 0 outside, else of `Side`; uint8 of the mask's shape.
        large_ml: Volumes of the pieces that are no crumbs, the largest first.
        shown: The sides on which there is parenchyma.
        crosses_midline: One piece lies on both sides, as a horseshoe kidney does; it is cut at the midline.
    """

    voxels: NDArray[np.uint8]
    large_ml: tuple[float, ...] = ()
    shown: tuple[Side, ...] = ()
    crosses_midline: bool = False


@dataclass(frozen=True)
class _Pieces:
    """Connected pieces of a mask.

    Args:
        numbered: Within a box: 0 outside the mask, else the number of the piece, from 1.
        rightward: What a voxel's indices within the box, and 1, are multiplied with: how far to the right it lies.
        sizes: Voxels of each piece.
        large: The numbers of those that are no crumbs, the largest first.
        centres_mm: How far to the right each piece lies.
    """

    numbered: NDArray[np.integer[Any]]
    rightward: NDArray[np.float64]
    sizes: NDArray[np.int64]
    large: NDArray[np.int64]
    centres_mm: NDArray[np.float64]


def tell_sides_apart(
    parenchyma: NDArray[np.bool_], affine: NDArray[np.float64], ct_hu: NDArray[Any] | None = None
) -> Sides:
    """Divide the renal parenchyma into the patient's right and left kidney.

    Where large pieces lie far apart from right to left, the middle between them divides them. Otherwise there is one
    kidney, and the middle of the body tells its side. A crumb goes with the kidney next to it.

    Args:
        parenchyma: True inside, shape (X, Y, Z), in any orientation.
        affine: Voxel indices to millimetres in RAS+ space, shape (4, 4).
        ct_hu: The CT, of the same shape, in which the body is looked for; without it the middle of the volume counts.

    Returns:
        The sides; none of them where the mask is empty.
    """
    voxels = np.zeros(parenchyma.shape, np.uint8, "F" if parenchyma.flags.f_contiguous else "C")
    box = bounding_box(parenchyma)
    inside = parenchyma[box]
    if not inside.size:
        return Sides(voxels)
    pieces = _find_pieces(inside, np.array([*affine[0, :3], affine[0] @ [*(side.start for side in box), 1]]))
    if _are_two(pieces):
        voxels[box], crosses = _divide_two(pieces), False
    else:
        voxels[box], crosses = _divide_one(pieces, _midline_mm(parenchyma.shape, affine, box, ct_hu))
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / MM3_PER_ML
    large_ml = tuple((pieces.sizes[pieces.large - 1] * voxel_ml).tolist())
    shown = tuple(side for side in Side if (voxels[box] == side).any())
    return Sides(voxels, large_ml, shown, crosses)


def _find_pieces(inside: NDArray[np.bool_], rightward: NDArray[np.float64]) -> _Pieces:
    compact = np.copy(inside, order="K")  # one after the other in memory, pieces are found in half the time
    numbered = ndimage.label(compact.T)[0].T if compact.flags.f_contiguous else ndimage.label(compact)[0]
    boxes = enumerate(ndimage.find_objects(numbered), start=1)
    counts, centres = zip(*(_count(numbered[box] == number, box) for number, box in boxes), strict=True)
    sizes = np.array(counts)
    by_size = np.argsort(-sizes, kind="stable")
    return _Pieces(
        numbered=numbered,
        rightward=rightward,
        sizes=sizes,
        large=by_size[sizes[by_size] >= LARGE_SHARE * sizes.max()] + 1,
        centres_mm=np.array(centres) @ rightward[:3] + rightward[3],
    )


def _count(piece: NDArray[np.bool_], box: tuple[slice, ...]) -> tuple[int, list[float]]:
    """How many voxels a piece has, and their mean index along each axis, from how many there are in each plane."""
    planes = [piece.sum(axis=tuple({0, 1, 2} - {axis})) for axis in range(3)]
    size = int(planes[0].sum())
    return size, [side.start + float(np.arange(len(n)) @ n) / size for side, n in zip(box, planes, strict=True)]


def _are_two(pieces: _Pieces) -> bool:
    return bool(np.ptp(pieces.centres_mm[pieces.large - 1]) >= APART_MM)


def _divide_two(pieces: _Pieces) -> NDArray[np.uint8]:
    """Sides of the box's voxels, by the middle between two kidneys."""
    centres_mm = pieces.centres_mm[pieces.large - 1]
    left = pieces.centres_mm < (centres_mm.min() + centres_mm.max()) / 2
    of_number = np.array([0, *np.where(left, Side.LEFT, Side.RIGHT)], dtype=np.uint8)
    sides: NDArray[np.uint8] = of_number[pieces.numbered]
    return sides


def _divide_one(pieces: _Pieces, midline_mm: float) -> tuple[NDArray[np.uint8], bool]:
    """Sides of the box's voxels, by the midline: all alike, unless the one kidney crosses it."""
    x, y, z = (np.arange(length) * step for length, step in zip(pieces.numbered.shape, pieces.rightward, strict=False))
    beyond = x[:, None, None] + y[:, None] + z + pieces.rightward[3] < midline_mm
    share = float(beyond[pieces.numbered == pieces.large[0]].mean())
    crosses = CROSSING_SHARE <= share <= 1 - CROSSING_SHARE
    left = beyond if crosses else np.full_like(beyond, share > 0.5)
    sides: NDArray[np.uint8] = np.where(left, np.uint8(Side.LEFT), np.uint8(Side.RIGHT))
    sides[pieces.numbered == 0] = 0
    return sides, crosses


def _midline_mm(shape: tuple[int, ...], affine: NDArray[np.float64], box: Box, ct_hu: NDArray[Any] | None) -> float:
    """How far to the right the middle of the body lies, in the slices of the box."""
    middle = float(affine[0] @ [*((np.array(shape) - 1) / 2), 1])
    if ct_hu is None:
        return middle
    upright = int(np.argmax(np.abs(affine[2, :3]) / np.linalg.norm(affine[:3, :3], axis=0)))
    starts, stops = np.zeros(3, dtype=int), np.array(shape)
    starts[upright], stops[upright] = box[upright].start, box[upright].stop
    steps = np.maximum(1, (stops - starts) // BODY_SAMPLES)
    sample = ct_hu[tuple(map(slice, starts, stops, steps))] > BODY_HU
    right_mm = (np.argwhere(sample) * steps + starts) @ affine[0, :3] + affine[0, 3]
    return float(np.median(right_mm)) if len(right_mm) else middle
