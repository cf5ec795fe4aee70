"""Does a header place its voxels in the patient?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images.grid import Grid

MAX_SHEAR_DEGREES = 0.5
"""Axes that are further from right angles than rounding explains are those of a tilted gantry."""

MAX_STRETCH = 0.01
MAX_DRIFT_VOXELS = 1.0
"""Two statements of one grid contradict each other when a spacing differs by a larger share, a corner by more."""


def check_shape(path: Path, shape: Sequence[int]) -> tuple[int, int, int]:
    """Make sure that a header states one volume.

    Args:
        path: The file, to name it.
        shape: As the header states it; axes of one voxel after the third are none.

    Returns:
        Voxels along each axis.

    Raises:
        InputError: There are more or fewer than three axes, or one without voxels.
    """
    size = [int(length) for length in shape]
    while len(size) > 3 and size[-1] == 1:
        size.pop()
    if len(size) != 3:
        need = "one volume of three axes is needed, export a single series or label map"
        raise InputError(f"{path}: has {len(size)} axes {tuple(size)}; {need}")
    if min(size) < 1:
        raise InputError(f"{path}: has {' x '.join(map(str, size))} voxels, none at all; export it again")
    return size[0], size[1], size[2]


def place_voxels(path: Path, shape: tuple[int, int, int], affine: NDArray[np.float64]) -> Grid:
    """Make sure that voxels have a size, and right angles.

    Args:
        path: The file, to name it.
        shape: Voxels along each axis.
        affine: Voxel indices to millimetres in RAS+ space, shape (4, 4), as the header states it.

    Returns:
        The grid.

    Raises:
        InputError: A voxel has no size along an axis, or axes are not at right angles.
    """
    grid = Grid(shape, affine)
    if not np.isfinite(affine).all() or min(grid.spacing_mm) <= 0:
        raise InputError(f"{path}: its header states voxels of {grid.spacing}; export it again with its geometry")
    directions = affine[:3, :3] / grid.spacing_mm
    for one, other in combinations(range(3), 2):
        degrees = float(np.degrees(np.arccos(np.clip(directions[:, one] @ directions[:, other], -1, 1))))
        if abs(degrees - 90) > MAX_SHEAR_DEGREES:
            raise InputError(
                f"{path}: its axes {one + 1} and {other + 1} meet at {degrees:.1f} degrees, 90 are needed "
                "(a tilted gantry?); resample it onto a straight grid"
            )
    return grid


def check_agreement(path: Path, sform: Grid, qform: Grid) -> None:
    """Make sure that a header which places its voxels twice places them alike, up to rounding.

    Args:
        path: The file, to name it.
        sform: The first statement.
        qform: The second.

    Raises:
        InputError: Spacing or orientation differ, or a corner by more than a voxel.
    """
    drift = np.linalg.solve(sform.affine, qform.affine @ sform.corners) - sform.corners
    if (
        np.allclose(sform.spacing_mm, qform.spacing_mm, rtol=MAX_STRETCH, atol=0)
        and sform.orientation == qform.orientation
        and np.abs(drift).max() <= MAX_DRIFT_VOXELS
    ):
        return
    raise InputError(
        f"{path}: its header contradicts itself: {sform} by its sform, {qform} by its qform; "
        "find out which is right and export it again"
    )
