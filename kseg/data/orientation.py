"""Which way do a CT's axes run, and how are they turned to right, anterior, superior and back?"""

from __future__ import annotations

from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from kseg.images import Box, Grid

CANONICAL = "RAS"


def to_canonical(voxels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Flip and permute axes to run right, anterior, superior, as far as the grid's obliqueness allows. A view."""
    canonical: NDArray[Any] = nib.orientations.apply_orientation(voxels, nib.io_orientation(grid.affine))
    return canonical


def from_canonical(voxels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Undo `to_canonical`: flip and permute axes to run as the grid's do. A view."""
    canonical = nib.orientations.axcodes2ornt(CANONICAL)
    back = nib.orientations.ornt_transform(canonical, nib.io_orientation(grid.affine))
    own: NDArray[Any] = nib.orientations.apply_orientation(voxels, back)
    return own


def canonical_affine(grid: Grid) -> NDArray[np.float64]:
    """Canonical voxel indices to millimetres, shape (4, 4)."""
    orientation = nib.io_orientation(grid.affine)
    return np.asarray(grid.affine @ nib.orientations.inv_ornt_aff(orientation, grid.shape))


def canonical_spacing(grid: Grid) -> NDArray[np.float64]:
    """The spacing in mm along the canonical axes."""
    spacing_mm: NDArray[np.float64] = np.linalg.norm(canonical_affine(grid)[:3, :3], axis=0)
    return spacing_mm


def canonical_shape(grid: Grid) -> tuple[int, ...]:
    """Voxels along the canonical axes."""
    return tuple(int(grid.shape[axis]) for axis in _own_axes(grid))


def canonical_box(box: Box, grid: Grid) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Tell where a box of a volume lies after `to_canonical`.

    Args:
        box: In the volume's own axes.
        grid: The volume's.

    Returns:
        The box's first voxel along the canonical axes, and one past its last.
    """
    backwards = nib.io_orientation(grid.affine)[:, 1] < 0
    turned = [
        (length - side.stop, length - side.start) if flipped else (side.start, side.stop)
        for side, length, flipped in zip(box, grid.shape, backwards, strict=True)
    ]
    start, stop = np.array(turned)[_own_axes(grid)].T
    return start, stop


def _own_axes(grid: Grid) -> NDArray[np.int_]:
    """The volume's own axis behind each canonical one."""
    return np.argsort(nib.io_orientation(grid.affine)[:, 0])
