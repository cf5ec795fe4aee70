"""How is a volume stretched over another number of voxels?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from kseg.data.stretching import INTERPOLATIONS, Stretch, stretched
from kseg.images import bounding_box

SLAB_VOXELS = 1 << 23
"""So many voxels are floats at once: 32 MiB."""


HALF = 0.5 - 1e-5
"""So that what is covered by exactly one half counts, in whichever order floats were added up."""


def resize(voxels: NDArray[Any], shape: Sequence[int], interpolation: str = "linear") -> NDArray[np.float32]:
    """Stretch a volume over another number of voxels, both covering the same box.

    Where voxels get smaller, `linear` interpolates between the two nearest ones along an axis, `cubic` between the four
    nearest, by the convolution of Keys (IEEE Trans Acoust 1981;29:1153-1160, a = -0.5): sharper, and overshooting at
    steep borders. Where they get larger, the same kernel is widened to the new voxel and averages the old ones, so that
    noise and borders are not sampled at random. Beyond the box, the kernel is cut off and weighted anew.

    Args:
        voxels: Shape (X, Y, Z), of any number type and order of memory; as floats it is held slab by slab.
        shape: The new one.
        interpolation: One of `INTERPOLATIONS`.

    Returns:
        The stretched volume, in the order of memory in which it came.
    """
    whole = tuple(slice(0, length) for length in shape)
    return _resized(voxels, shape, interpolation, whole, np.dtype(np.float32), np.positive)


def resize_whole_numbers(
    voxels: NDArray[Any], shape: Sequence[int], interpolation: str, part: Sequence[slice], lowest: int
) -> NDArray[np.int16]:
    """Stretch a volume as `resize` does, round it, and keep a part of it; no more than that is read or computed.

    Args:
        voxels: See `resize`.
        shape: Of the whole stretched volume.
        interpolation: One of `INTERPOLATIONS`.
        part: Of the stretched volume.
        lowest: What lies below becomes this.

    Returns:
        The part, in the order of memory in which the volume came.
    """

    def rounded(slab: NDArray[np.float32]) -> NDArray[np.float32]:
        clipped: NDArray[np.float32] = np.clip(np.rint(slab, out=slab), lowest, np.iinfo(np.int16).max, out=slab)
        return clipped

    return _resized(voxels, shape, interpolation, part, np.dtype(np.int16), rounded)


def _resized(
    voxels: NDArray[Any],
    shape: Sequence[int],
    interpolation: str,
    part: Sequence[slice],
    dtype: np.dtype[Any],
    finish: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> NDArray[Any]:
    order = _memory_order(voxels)
    ordered, sides = voxels.transpose(order), [part[axis] for axis in order]
    stretches = [Stretch(ordered.shape[axis], shape[own], interpolation) for axis, own in enumerate(order)]
    made = np.empty([side.stop - side.start for side in sides], dtype)
    needed = [stretch.needed(side) for stretch, side in zip(stretches, sides, strict=True)]
    plane = (needed[1].stop - needed[1].start) * (needed[2].stop - needed[2].start)
    planes = max(1, SLAB_VOXELS // plane * stretches[0].new // stretches[0].old)
    for start in range(sides[0].start, sides[0].stop, planes):
        block = slice(start, min(start + planes, sides[0].stop))
        needed[0] = stretches[0].needed(block)
        offsets = [side.start for side in needed]
        slab = stretched(_floats(ordered[tuple(needed)]), stretches, [block, *sides[1:]], offsets)
        made[block.start - sides[0].start : block.stop - sides[0].start] = finish(slab.numpy())
    return made.transpose(np.argsort(order))


def resize_mask(mask: NDArray[np.bool_], shape: Sequence[int]) -> NDArray[np.bool_]:
    """Stretch a mask over another number of voxels: one belongs to it if half of it or more is covered.

    Args:
        mask: Shape (X, Y, Z), in any order of memory.
        shape: The new one.

    Returns:
        What `resize` makes of the mask, linear, cut off at one half; only the lines that meet the mask are computed.
    """
    order = _memory_order(mask)
    ordered = mask.transpose(order)
    box = list(bounding_box(ordered))
    part = _floats(ordered[tuple(box)])
    for axis in (2, 1, 0) if part.numel() else ():
        lines = torch.zeros(*part.shape[:axis], ordered.shape[axis], *part.shape[axis + 1 :])
        lines.narrow(axis, box[axis].start, part.shape[axis]).copy_(part)
        part = _along(lines, axis, shape[order[axis]])
        box[axis] = bounding_box(part.numpy() > 0)[axis]
        part = part.narrow(axis, box[axis].start, box[axis].stop - box[axis].start)
    stretched = np.zeros([shape[axis] for axis in order], bool)
    stretched[tuple(box)] = (part >= HALF).numpy()
    return stretched.transpose(np.argsort(order))


def _along(volume: Tensor, axis: int, length: int) -> Tensor:
    """Stretch one axis of a contiguous volume, linearly."""
    before, after = volume.shape[:axis].numel(), volume.shape[axis + 1 :].numel()
    if after == 1:
        lines, size = volume.reshape(1, 1, before, -1), (before, length)
    else:
        lines, size = volume.reshape(before, 1, -1, after), (length, after)
    stretched_lines = interpolate(lines, size, mode=INTERPOLATIONS["linear"], antialias=True)
    return stretched_lines.reshape(*volume.shape[:axis], length, *volume.shape[axis + 1 :])


def _memory_order(voxels: NDArray[Any]) -> tuple[int, ...]:
    """The axes, the slowest first."""
    return tuple(int(axis) for axis in np.argsort([-abs(stride) for stride in voxels.strides], kind="stable"))


def _floats(voxels: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.array(voxels, dtype=np.float32, order="C"))
