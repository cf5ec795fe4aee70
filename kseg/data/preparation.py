"""How a CT becomes the array that a network sees, and how the network's answer gets back to the CT's own grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from kseg.images import Grid, Volume
from kseg.labels import Label

AIR_HU = -1024
"""What surrounds a CT: patches that reach over its border are filled with it."""


@dataclass(frozen=True)
class Preparation:
    """The settings that turn any CT into arrays of one orientation and one spacing.

    Args:
        spacing_mm: Of the prepared grid along right-left, posterior-anterior, inferior-superior.
        window_hu: Lowest and highest value that the network tells apart; they become -1 and 1.
        body_hu: What is brighter counts as body; the prepared case is cropped to it.
    """

    spacing_mm: tuple[float, float, float]
    window_hu: tuple[float, float]
    body_hu: float

    def normalize(self, ct_hu: Tensor) -> Tensor:
        """Clip to the window and scale it to [-1, 1]: any shape, any type in, float32 out."""
        low, high = self.window_hu
        return ct_hu.float().clamp(low, high).sub_((low + high) / 2).div_((high - low) / 2)

    def place(self, ct: Volume) -> Placement:
        """Find the prepared grid that covers a CT's body."""
        start, stop = _body_box(to_canonical(ct.voxels, ct.grid), self.body_hu)
        extent_mm = (stop - start) * canonical_spacing(ct.grid)
        shape = np.maximum(1, np.rint(extent_mm / self.spacing_mm)).astype(int)
        return Placement(ct.grid, tuple(start.tolist()), tuple(stop.tolist()), tuple(shape.tolist()))


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
    """

    grid: Grid
    start: tuple[int, ...]
    stop: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def prepared_grid(self) -> Grid:
        """The prepared array's own grid, RAS+ up to the CT's obliqueness."""
        to_voxel = _canonical_affine(self.grid)
        zoom = (np.array(self.stop) - self.start) / self.shape
        affine = to_voxel.copy()
        affine[:3, :3] = to_voxel[:3, :3] * zoom
        affine[:3, 3] = to_voxel[:3, :3] @ (np.array(self.start) + (zoom - 1) / 2) + to_voxel[:3, 3]
        x, y, z = self.shape
        return Grid((x, y, z), affine)

    def resample_ct(self, voxels: NDArray[Any]) -> NDArray[np.int16]:
        """Bring a CT onto the prepared grid: linear, averaging where voxels get larger, rounded to whole HU."""
        resampled = resize(self._cut(voxels, np.float32), self.shape)
        return resampled.round_().clamp_(AIR_HU, np.iinfo(np.int16).max).to(torch.int16).numpy()

    def resample_mask(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Bring an outline onto the prepared grid: a voxel belongs to it if it is covered by half or more."""
        covered: NDArray[np.bool_] = (resize(self._cut(mask, np.float32), self.shape) >= 0.5).numpy()
        return covered

    def restore(self, scores: Tensor) -> NDArray[np.uint8]:
        """Bring a network's scores back to the CT's own grid and orientation.

        Args:
            scores: One channel a class, shape (C, *shape), in any unit in which the largest wins.

        Returns:
            The label map on the CT's grid; background outside the box.
        """
        box = tuple(int(length) for length in np.subtract(self.stop, self.start))
        classes = torch.stack([resize(channel, box) for channel in scores.float()]).argmax(0)
        canonical = np.full(_canonical_shape(self.grid), Label.BACKGROUND, np.uint8)
        canonical[self._box] = classes.to(torch.uint8).numpy()
        return np.ascontiguousarray(_from_canonical(canonical, self.grid))

    def _cut(self, voxels: NDArray[Any], dtype: type) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(to_canonical(voxels, self.grid)[self._box], dtype=dtype))

    @property
    def _box(self) -> tuple[slice, ...]:
        return tuple(slice(start, stop) for start, stop in zip(self.start, self.stop, strict=True))


def resize(volume: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Stretch a volume over another number of voxels, both covering the same box.

    Linear along an axis whose voxels get smaller; where they get larger, a triangle as wide as the new voxel averages
    the old ones, so that noise and borders are not sampled at random.

    Args:
        volume: Shape (X, Y, Z), float.
        shape: The new one.

    Returns:
        The stretched volume.
    """
    x, y, z = shape
    stretched = volume.permute(2, 0, 1)[:, None]
    stretched = interpolate(stretched, (x, y), mode="bilinear", antialias=True)[:, 0]
    stretched = stretched.permute(1, 0, 2)[:, None]
    stretched = interpolate(stretched, (z, y), mode="bilinear", antialias=True)[:, 0]
    return stretched.permute(0, 2, 1).contiguous()


def to_canonical(voxels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Flip and permute axes to run right, anterior, superior, as far as the grid's obliqueness allows. A view."""
    canonical: NDArray[Any] = nib.orientations.apply_orientation(voxels, nib.io_orientation(grid.affine))
    return canonical


def canonical_spacing(grid: Grid) -> NDArray[np.float64]:
    """The spacing in mm along the canonical axes."""
    spacing_mm: NDArray[np.float64] = np.linalg.norm(_canonical_affine(grid)[:3, :3], axis=0)
    return spacing_mm


def _from_canonical(voxels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    canonical = nib.orientations.axcodes2ornt("RAS")
    back = nib.orientations.ornt_transform(canonical, nib.io_orientation(grid.affine))
    own: NDArray[Any] = nib.orientations.apply_orientation(voxels, back)
    return own


def _canonical_affine(grid: Grid) -> NDArray[np.float64]:
    orientation = nib.io_orientation(grid.affine)
    return np.asarray(grid.affine @ nib.orientations.inv_ornt_aff(orientation, grid.shape))


def _canonical_shape(grid: Grid) -> tuple[int, ...]:
    axes = nib.io_orientation(grid.affine)[:, 0].astype(int)
    return tuple(int(grid.shape[axis]) for axis in np.argsort(axes))


def _body_box(ct_hu: NDArray[Any], body_hu: float) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    body = ct_hu > body_hu
    if not body.any():
        return np.zeros(3, int), np.array(ct_hu.shape)
    along = [np.flatnonzero(body.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    return np.array([filled[0] for filled in along]), np.array([filled[-1] + 1 for filled in along])
