"""How does a network's answer get from the prepared grid back onto the CT's own?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kseg.data.stretching import Stretch, stretched
from kseg.decision import decide, is_parenchyma
from kseg.images import Box, bounding_box

VOXELS_AT_ONCE = 1 << 22
"""Of the CT; each takes four floats and what they are computed from."""


class Drawing:
    """Draws one part of a prepared CT onto the CT's grid, as the planes of the part come in from below upwards.

    A voxel is given its class where it lies, by shares that are interpolated linearly. As interpolated shares lie
    between those that they are made of, only what is made of a voxel with parenchyma can be parenchyma: nothing else is
    computed. Voxels that the part covers but partly are left as they are.

    Args:
        canvas: The label map that is drawn on: a view along the canonical axes, of the box that the prepared grid
            covers. What the part covers is wiped.
        shape: Of the whole prepared grid.
        part: Of the prepared grid.
    """

    def __init__(self, canvas: NDArray[np.uint8], shape: Sequence[int], part: Box) -> None:
        self.canvas, self.part, self.shape = canvas, part, tuple(shape)
        self.inside_voxels = 0
        self._stretches = [Stretch(old, new) for old, new in zip(shape, canvas.shape, strict=True)]
        self._covered = [stretch.within(side) for stretch, side in zip(self._stretches, part, strict=True)]
        self._next = self._covered[2].start
        self._begin = self._received = part[2].start
        self._planes: Tensor | None = None
        self._inside: NDArray[np.bool_] | None = None
        self._touched = np.zeros((3, 2), bool)
        canvas[tuple(self._covered)] = 0

    @property
    def cut_sides(self) -> NDArray[np.bool_]:
        """Where parenchyma reaches the part's end, though the CT goes on: shape (3, 2), low and high of each axis."""
        ends = [(side.start > 0, side.stop < length) for side, length in zip(self.part, self.shape, strict=True)]
        return self._touched & np.array(ends)

    def add(self, shares: Tensor) -> None:
        """Take in the next planes, and draw as far as they reach.

        Args:
            shares: Of the classes, shape (C, X, Y, planes), X and Y being the part's; see `kseg.decision.decide`.
        """
        inside = is_parenchyma(shares).numpy()
        self._look_at(inside)
        self._received += shares.shape[-1]
        planes = shares if self._planes is None else torch.cat([self._planes, shares], -1)
        self._inside = np.concatenate([self._inside, inside], -1) if self._inside is not None else inside
        ready = self._ready()
        area = np.prod([side.stop - side.start for side in self._covered[:2]])
        at_once = max(1, VOXELS_AT_ONCE // max(1, int(area)))
        for start in range(self._next, ready, at_once):
            self._draw(slice(start, min(start + at_once, ready)), planes, self._inside)
        self._next = ready
        begin = self._received
        if ready < self._covered[2].stop:
            begin = min(begin, self._stretches[2].needed(slice(ready, ready + 1)).start)
        self._planes = planes[..., begin - self._begin :].clone()
        self._inside = self._inside[..., begin - self._begin :]
        self._begin = begin

    def _ready(self) -> int:
        """How far the CT's planes can be drawn."""
        ready, last = self._next, int(self._covered[2].stop)
        while ready < last and self._stretches[2].needed(slice(ready, ready + 1)).stop <= self._received:
            ready += 1
        return int(ready)

    def _look_at(self, inside: NDArray[np.bool_]) -> None:
        """Count the parenchyma, and see where it touches the part's sides."""
        lowest, highest = self.part[2].start, self.part[2].stop - inside.shape[-1]
        self.inside_voxels += int(inside.sum())
        self._touched[:2] |= [[inside[0].any(), inside[-1].any()], [inside[:, 0].any(), inside[:, -1].any()]]
        self._touched[2, 0] |= self._received == lowest and inside[..., 0].any()
        self._touched[2, 1] |= self._received == highest and inside[..., -1].any()

    def _draw(self, new_planes: slice, planes: Tensor, inside: NDArray[np.bool_]) -> None:
        below = self._stretches[2].needed(new_planes)
        here = slice(below.start - self._begin, below.stop - self._begin)
        box = bounding_box(inside[..., here])
        if box[0].start == box[0].stop:
            return
        new = [self._made_of(axis, box[axis]) for axis in (0, 1)]
        if any(side.start >= side.stop for side in new):
            return
        old = [stretch.needed(side) for stretch, side in zip(self._stretches, new, strict=False)]
        cut = [slice(side.start - own.start, side.stop - own.start) for side, own in zip(old, self.part, strict=False)]
        floats = planes[:, cut[0], cut[1], here].contiguous()
        offsets = [old[0].start, old[1].start, below.start]
        drawn = decide(stretched(floats, self._stretches, [*new, new_planes], offsets))
        self.canvas[new[0], new[1], new_planes] = drawn.numpy()

    def _made_of(self, axis: int, inside: slice) -> slice:
        """The CT's voxels, along one axis, that are made of some of the part's voxels and of none beyond the part."""
        begin = self.part[axis].start
        touched = self._stretches[axis].touched(slice(inside.start + begin, inside.stop + begin))
        covered = self._covered[axis]
        return slice(max(touched.start, covered.start), min(touched.stop, covered.stop))
