"""Where the voxels of a volume lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Grid:
    """Where the voxels of a volume lie in the patient.

    Args:
        shape: Voxels along each axis.
        affine: Voxel indices to millimetres in RAS+ space, shape (4, 4).
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """The distance between voxels along each axis."""
        x, y, z = (float(length) for length in np.linalg.norm(self.affine[:3, :3], axis=0))
        return x, y, z

    @cached_property
    def orientation(self) -> str:
        """The directions in which the axes run, as in `LPS`."""
        return "".join(nib.aff2axcodes(self.affine))

    def same_as(self, other: Grid, tolerance_mm: float = 0.01) -> bool:
        """Whether two volumes lie voxel on voxel: no corner further apart than `tolerance_mm`."""
        if self.shape != other.shape:
            return False
        corners = np.array([(x, y, z, 1) for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * [*self.shape, 1]
        apart = corners @ (self.affine - other.affine).T
        return bool(np.abs(apart).max() <= tolerance_mm)


@dataclass(frozen=True)
class Volume:
    """A volume in memory, with the grid on which it lies.

    Args:
        voxels: Shape (X, Y, Z), in the order of the file.
        grid: Where they lie.
    """

    voxels: NDArray[Any]
    grid: Grid
