"""How a CT becomes the array that a network sees, and how the network's answer gets back to the CT's own grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from kseg.data.orientation import canonical_affine, canonical_box, canonical_shape, canonical_spacing, to_canonical
from kseg.data.resampling import resize_mask, resize_whole_numbers
from kseg.data.restoring import Drawing
from kseg.data.stretching import INTERPOLATIONS
from kseg.errors import InputError
from kseg.images import Box, Grid, Volume, bounding_box
from kseg.labels import Label, label_map, structure_mask

AIR_HU = -1024
"""What surrounds a CT: patches that reach over its border are filled with it."""

BODY, KIDNEYS = "body", "kidneys"


@dataclass(frozen=True)
class Preparation:
    """The settings that turn any CT into arrays of one orientation and one spacing.

    Args:
        spacing_mm: Of the prepared grid along right-left, posterior-anterior, inferior-superior.
        window_hu: Lowest and highest value that the network tells apart; they become -1 and 1.
        body_hu: What is brighter counts as body.
        ct_interpolation: One of `kseg.data.resampling.INTERPOLATIONS`; outlines are always resampled linearly, as an
            overshoot means nothing at their border.
        crop: What is kept of a case that is trained on: its `body`, or the box of its `kidneys`. Validation and
            prediction always see the body: a network that is judged on the kidneys' box alone is not charged for what
            it finds elsewhere, and a new CT has no outline to crop to.
        margin_mm: What is kept around the kidneys on every side.
    """

    spacing_mm: tuple[float, float, float]
    window_hu: tuple[float, float]
    body_hu: float
    ct_interpolation: str = "linear"
    crop: str = BODY
    margin_mm: float = 0.0

    def check(self) -> None:
        """Refuse settings with which nothing can be prepared.

        Raises:
            InputError: One line a setting.
        """
        problems = []
        if not _are_numbers(self.spacing_mm, 3) or min(self.spacing_mm) <= 0:
            problems.append(f"prepare.spacing_mm is {self.spacing_mm}; three lengths above 0 are needed")
        if not _are_numbers(self.window_hu, 2) or not self.window_hu[0] < self.window_hu[1]:
            problems.append(f"prepare.window_hu is {self.window_hu}; a lowest and a highest value are needed")
        if self.ct_interpolation not in INTERPOLATIONS:
            needed = " or ".join(INTERPOLATIONS)
            problems.append(f"prepare.ct_interpolation is {self.ct_interpolation!r}; {needed} is needed")
        if self.crop not in (BODY, KIDNEYS):
            problems.append(f"prepare.crop is {self.crop!r}; {BODY} or {KIDNEYS} is needed")
        if not _are_numbers([self.margin_mm], 1) or self.margin_mm < 0:
            problems.append(f"prepare.margin_mm is {self.margin_mm}; a length of 0 or more is needed")
        if problems:
            raise InputError(problems)

    def normalize(self, ct_hu: Tensor) -> Tensor:
        """Clip to the window and scale it to [-1, 1]: any shape, any type in, float32 out."""
        low, high = self.window_hu
        return ct_hu.float().clamp(low, high).sub_((low + high) / 2).div_((high - low) / 2)

    def place(self, ct: Volume) -> Placement:
        """Find the prepared grid that covers a CT's body; all of a CT of air alone."""
        body = ct.voxels > self.body_hu
        return self._place(bounding_box(body if body.any() else ~body), ct.grid, margin_mm=0.0)

    def place_kidneys(self, drawn: Volume) -> Placement:
        """Find the prepared grid that covers what is drawn, and the margin around it as far as the CT reaches.

        Args:
            drawn: A label map.

        Returns:
            The prepared grid.

        Raises:
            InputError: Nothing is drawn.
        """
        kidneys = drawn.voxels != Label.BACKGROUND
        if not kidneys.any():
            raise InputError("no parenchyma is drawn, so that there are no kidneys to crop to; set prepare.crop=body")
        return self._place(bounding_box(kidneys), drawn.grid, self.margin_mm)

    def _place(self, box: tuple[slice, slice, slice], grid: Grid, margin_mm: float) -> Placement:
        start, stop = canonical_box(box, grid)
        margin = np.ceil(margin_mm / canonical_spacing(grid)).astype(int)
        start, stop = np.maximum(0, start - margin), np.minimum(canonical_shape(grid), stop + margin)
        extent_mm = (stop - start) * canonical_spacing(grid)
        shape = np.maximum(1, np.rint(extent_mm / self.spacing_mm)).astype(int)
        return Placement(
            grid, tuple(start.tolist()), tuple(stop.tolist()), tuple(shape.tolist()), self.ct_interpolation
        )


@dataclass(frozen=True)
class Placement:
    """Where a prepared array lies in its CT.

    Both cover exactly the same box of the patient; the prepared spacing differs from the one asked for by less
    than half a voxel over the whole box, and nothing is lost at the borders on the way back.

    Args:
        grid: The CT's own grid.
        start: First voxel of the box, in the CT's canonical (RAS+) orientation.
        stop: One past its last voxel.
        shape: Of the prepared array.
        ct_interpolation: See `Preparation`.
    """

    grid: Grid
    start: tuple[int, ...]
    stop: tuple[int, ...]
    shape: tuple[int, ...]
    ct_interpolation: str = "linear"

    @property
    def prepared_grid(self) -> Grid:
        """The prepared array's own grid, RAS+ up to the CT's obliqueness."""
        to_voxel = canonical_affine(self.grid)
        zoom = (np.array(self.stop) - self.start) / self.shape
        affine = to_voxel.copy()
        affine[:3, :3] = to_voxel[:3, :3] * zoom
        affine[:3, 3] = to_voxel[:3, :3] @ (np.array(self.start) + (zoom - 1) / 2) + to_voxel[:3, 3]
        x, y, z = self.shape
        return Grid((x, y, z), affine)

    @property
    def whole(self) -> Box:
        """All of the prepared grid."""
        x, y, z = (slice(0, length) for length in self.shape)
        return x, y, z

    def coarser(self, factor: float) -> Placement:
        """The same box on a grid whose voxels are so many times as long along each axis."""
        shape = tuple(max(1, round(length / factor)) for length in self.shape)
        return replace(self, shape=shape)

    def resample_ct(self, voxels: NDArray[Any], part: Box | None = None) -> NDArray[np.int16]:
        """Bring a CT onto the prepared grid, as `kseg.data.resampling.resize` does, rounded to whole HU.

        Args:
            voxels: The CT's.
            part: Of the prepared grid; only what it is made of is read.

        Returns:
            The part; the whole, if None.
        """
        return resize_whole_numbers(self._cut(voxels), self.shape, self.ct_interpolation, part or self.whole, AIR_HU)

    def resample_mask(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Bring an outline onto the prepared grid: a voxel belongs to it if it is covered by half or more."""
        return resize_mask(self._cut(mask), self.shape)

    def resample_label_map(self, drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bring a label map onto the prepared grid, structure by structure, each as `resample_mask` does."""
        cut = self._cut(drawn)
        masks = (*(structure_mask(cut, name) for name in ("parenchyma", "cortex")), cut == Label.UNDIVIDED)
        parenchyma, cortex, undivided = (resize_mask(mask, self.shape) for mask in masks)
        return label_map(parenchyma, cortex, undivided)

    def drawing(self, label_map: NDArray[np.uint8], part: Box | None = None) -> Drawing:
        """Begin to bring a network's scores back to the CT's own grid and orientation, a few planes at a time.

        Args:
            label_map: Of the CT's shape, to be drawn on.
            part: Of the prepared grid, which is drawn; the whole, if None.

        Returns:
            What takes the scores.
        """
        canvas = to_canonical(label_map, self.grid)[self._box]
        return Drawing(canvas, self.shape, part or self.whole)

    def restore(self, scores: Tensor) -> NDArray[np.uint8]:
        """Bring a network's scores back to the CT's own grid and orientation.

        Args:
            scores: The share of each class, shape (C, *shape), see `kseg.decision.decide`.

        Returns:
            The label map on the CT's grid; background outside the box.
        """
        label_map = np.full(self.grid.shape, Label.BACKGROUND, np.uint8, order="F")
        self.drawing(label_map).add(scores.float())
        return label_map

    def _cut(self, voxels: NDArray[Any]) -> NDArray[Any]:
        canonical: NDArray[Any] = to_canonical(voxels, self.grid)[self._box]
        return canonical

    @property
    def _box(self) -> tuple[slice, ...]:
        return tuple(slice(start, stop) for start, stop in zip(self.start, self.stop, strict=True))


def _are_numbers(values: Any, count: int) -> bool:
    numbers = isinstance(values, list | tuple) and all(isinstance(value, int | float) for value in values)
    return numbers and len(values) == count and bool(np.isfinite(values).all())
