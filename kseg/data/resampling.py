"""How is a volume stretched over another number of voxels?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from kseg.images import bounding_box

INTERPOLATIONS = {"linear": "bilinear", "cubic": "bicubic"}
"""The ways to interpolate, and what torch calls them in a plane."""

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
    order = _memory_order(voxels)
    ordered, lengths = voxels.transpose(order), [shape[axis] for axis in order]
    slices = max(1, SLAB_VOXELS // ordered[0].size)
    shrinking_first = sorted((1, 2), key=lambda axis: lengths[axis] / ordered.shape[axis])
    planes = []
    for start in range(0, len(ordered), slices):
        slab = _floats(ordered[start : start + slices])
        for axis in shrinking_first:
            slab = _along(slab, axis, lengths[axis], interpolation)
        planes.append(slab)
    stretched: NDArray[np.float32] = _along(torch.cat(planes), 0, lengths[0], interpolation).numpy()
    return stretched.transpose(np.argsort(order))


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
        part = _along(lines, axis, shape[order[axis]], "linear")
        box[axis] = bounding_box(part.numpy() > 0)[axis]
        part = part.narrow(axis, box[axis].start, box[axis].stop - box[axis].start)
    stretched = np.zeros([shape[axis] for axis in order], bool)
    stretched[tuple(box)] = (part >= HALF).numpy()
    return stretched.transpose(np.argsort(order))


def _along(volume: Tensor, axis: int, length: int, interpolation: str) -> Tensor:
    """Stretch one axis of a contiguous volume."""
    before, after = volume.shape[:axis].numel(), volume.shape[axis + 1 :].numel()
    if after == 1:
        lines, size = volume.reshape(1, 1, before, -1), (before, length)
    else:
        lines, size = volume.reshape(before, 1, -1, after), (length, after)
    stretched = interpolate(lines, size, mode=INTERPOLATIONS[interpolation], antialias=True)
    return stretched.reshape(*volume.shape[:axis], length, *volume.shape[axis + 1 :])


def _memory_order(voxels: NDArray[Any]) -> tuple[int, ...]:
    """The axes, the slowest first."""
    return tuple(int(axis) for axis in np.argsort([-abs(stride) for stride in voxels.strides], kind="stable"))


def _floats(voxels: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.array(voxels, dtype=np.float32, order="C"))
