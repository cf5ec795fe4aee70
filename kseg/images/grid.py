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

    def __str__(self) -> str:
        return f"{self.size} voxels of {self.spacing}, {self.orientation} from {self.origin}"

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """The distance between voxels along each axis."""
        x, y, z = (float(length) for length in np.linalg.norm(self.affine[:3, :3], axis=0))
        return x, y, z

    @cached_property
    def orientation(self) -> str:
        """The directions in which the axes run, as in `LPS`."""
        return "".join(nib.aff2axcodes(self.affine))

    @property
    def size(self) -> str:
        """The shape, to be read: `512 x 512 x 120`."""
        return " x ".join(map(str, self.shape))

    @property
    def spacing(self) -> str:
        """The spacing, to be read: `0.8 x 0.8 x 5 mm`."""
        return " x ".join(f"{length:.3g}" for length in self.spacing_mm) + " mm"

    @property
    def origin(self) -> str:
        """The place of the first voxel, to be read: `-125.0, 80.5, 1200.0 mm`."""
        return ", ".join(f"{place:.1f}" for place in self.affine[:3, 3]) + " mm"

    @property
    def corners(self) -> NDArray[np.float64]:
        """The voxel indices of its eight corners, to be multiplied by an affine: shape (4, 8)."""
        return np.array([(x, y, z, 1.0) for x in (0, 1) for y in (0, 1) for z in (0, 1)]).T * [
            [n] for n in (*self.shape, 1)
        ]

    def apart_mm(self, other: Grid) -> float:
        """How far a corner of this grid lies from the same corner of another one of its shape, at most."""
        return float(np.linalg.norm((self.affine - other.affine) @ self.corners, axis=0).max())

    def same_as(self, other: Grid, tolerance_mm: float = 0.05) -> bool:
        """Whether two volumes lie voxel on voxel: no corner further apart than `tolerance_mm`.

        The default forgives a header that was rounded to four decimals, over 512 voxels.
        """
        return self.shape == other.shape and self.apart_mm(other) <= tolerance_mm


@dataclass(frozen=True)
class Volume:
    """A volume in memory, with the grid on which it lies.

    Args:
        voxels: Shape (X, Y, Z), in the order of the file; not to be written to where they were read from one.
        grid: Where they lie.
    """

    voxels: NDArray[Any]
    grid: Grid
