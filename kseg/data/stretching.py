"""Which old voxels is a new one made of, where an axis is stretched over another number of voxels?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import interpolate

INTERPOLATIONS = {"linear": "bilinear", "cubic": "bicubic"}
"""The ways to interpolate, and what torch calls them in a plane."""

BLOCK = 32
"""So many new voxels of a line are computed at once, from the few old ones that they are made of."""


class Stretch:
    """One axis, stretched as `kseg.data.resampling.resize` says; any part of it is as it is in the whole.

    Args:
        old: Voxels along it.
        new: The new number of them.
        interpolation: One of `INTERPOLATIONS`.
    """

    def __init__(self, old: int, new: int, interpolation: str = "linear") -> None:
        self.old, self.new = old, new
        lines = torch.eye(old)[None, None]
        self.weights: Tensor = interpolate(lines, (old, new), mode=INTERPOLATIONS[interpolation], antialias=True)[0, 0]

    def needed(self, part: slice) -> slice:
        """The old voxels that some new ones are made of."""
        return slice(int(self._first[part.start]), int(self._last[part.stop - 1]) + 1)

    def touched(self, part: slice) -> slice:
        """The new voxels in which some of the old ones have a share."""
        inside = torch.nonzero((self._last >= part.start) & (self._first < part.stop))
        return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)

    def within(self, part: slice) -> slice:
        """The new voxels that are made of some of the old ones alone."""
        inside = torch.nonzero((self._first >= part.start) & (self._last < part.stop))
        return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)

    def apply(self, volume: Tensor, axis: int, part: slice, offset: int) -> Tensor:
        """Make new voxels along one axis of a volume.

        Args:
            volume: Contiguous floats.
            axis: The one to stretch.
            part: The new voxels that are wanted.
            offset: Which old voxel the volume begins with; it holds all those that are needed.

        Returns:
            The volume, as long as the part along the axis.
        """
        before, after = volume.shape[:axis].numel(), volume.shape[axis + 1 :].numel()
        lines = volume.reshape(before, -1, after)
        made = lines.new_empty(before, part.stop - part.start, after)
        for start in range(part.start, part.stop, BLOCK):
            block = slice(start, min(start + BLOCK, part.stop))
            old = self.needed(block)
            weights = self.weights[old, block].T
            taken = lines[:, old.start - offset : old.stop - offset]
            if after == 1:
                made[:, block.start - part.start : block.stop - part.start, 0] = taken[..., 0] @ weights.T
            else:
                made[:, block.start - part.start : block.stop - part.start] = torch.matmul(weights, taken)
        return made.reshape(*volume.shape[:axis], part.stop - part.start, *volume.shape[axis + 1 :])

    @cached_property
    def _first(self) -> Tensor:
        """The first old voxel needed from each new one on: one that lies upon an old one needs no neighbours."""
        own = (self.weights != 0).int().argmax(0)
        return own.flip(0).cummin(0).values.flip(0)

    @cached_property
    def _last(self) -> Tensor:
        own = self.old - 1 - (self.weights != 0).flip(0).int().argmax(0)
        return own.cummax(0).values


def stretched(volume: Tensor, stretches: Sequence[Stretch], part: Sequence[slice], offset: Sequence[int]) -> Tensor:
    """Make a part of a stretched volume, the axes that shrink most first.

    Args:
        volume: Contiguous floats; its last axes are stretched, one for each of `stretches`.
        stretches: Of the axes.
        part: The new voxels that are wanted, along each of them.
        offset: Which old voxel the volume begins with, along each of them; it holds all that are needed.

    Returns:
        The part.
    """
    spare = volume.ndim - len(stretches)
    for axis in sorted(range(len(stretches)), key=lambda axis: stretches[axis].new / stretches[axis].old):
        volume = stretches[axis].apply(volume, axis + spare, part[axis], offset[axis])
    return volume
