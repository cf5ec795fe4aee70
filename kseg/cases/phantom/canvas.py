"""On what the anatomy is painted: Hounsfield units on a grid in millimetres, with soft edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.floating[Any]]
"""A quantity at every voxel, shape (X, Y, Z), or what broadcasts to it; single precision, for speed."""
Box: TypeAlias = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Canvas:
    """Voxels that are painted over one another, from back to front.

    Distances are signed, in millimetres, and negative inside what is painted.

    Args:
        hu: Shape (X, Y, Z); changed in place by `paint`.
        x_mm: Positions towards the patient's right, shape (X, 1, 1).
        y_mm: Towards the front, shape (1, Y, 1).
        z_mm: Towards the head, shape (1, 1, Z).
        edge_mm: Over which depth an edge goes from none to all: the voxels' width in the slice.
    """

    hu: Field
    x_mm: Field
    y_mm: Field
    z_mm: Field
    edge_mm: float

    @classmethod
    def blank(cls, shape: Sequence[int], spacing_mm: Sequence[float], centre_mm: Sequence[float], hu: float) -> Canvas:
        """Stretch a canvas around a point.

        Args:
            shape: Voxels along each axis.
            spacing_mm: Between voxels along each axis; the first one is the width of an edge.
            centre_mm: The middle of the volume.
            hu: What it shows everywhere.

        Returns:
            The canvas.
        """
        x_mm, y_mm, z_mm = (
            ((np.arange(n) - (n - 1) / 2) * step + middle).astype(np.float32)
            for n, step, middle in zip(shape, spacing_mm, centre_mm, strict=True)
        )
        voxels = np.full(tuple(shape), hu, dtype=np.float32)
        return cls(voxels, x_mm[:, None, None], y_mm[None, :, None], z_mm[None, None, :], spacing_mm[0])

    def box(self, low_mm: Sequence[float], high_mm: Sequence[float]) -> Box:
        """Find the voxels of a box.

        Args:
            low_mm: Its lower corner (x, y, z).
            high_mm: Its upper corner.

        Returns:
            Where they stand in an array of the canvas's shape; empty where the box lies outside.
        """
        axes = (self.x_mm, self.y_mm, self.z_mm)
        x, y, z = (
            slice(*(int(i) for i in np.searchsorted(axis.ravel(), (low, high))))
            for axis, low, high in zip(axes, low_mm, high_mm, strict=True)
        )
        return x, y, z

    def part(self, box: Box) -> Canvas:
        """Cut out a box; painting on it paints on this canvas.

        Args:
            box: Its voxels.

        Returns:
            A view.
        """
        x, y, z = box
        return replace(self, hu=self.hu[box], x_mm=self.x_mm[x], y_mm=self.y_mm[:, y], z_mm=self.z_mm[:, :, z])

    def within(self, low_mm: Sequence[float], high_mm: Sequence[float]) -> Canvas:
        """Cut out a box between two corners; see `box` and `part`."""
        return self.part(self.box(low_mm, high_mm))

    def around(self, low_mm: Sequence[float], high_mm: Sequence[float]) -> Canvas:
        """Cut out a box with a margin for its contents' edges; see `within`."""
        margin = 2 * self.edge_mm
        return self.within([v - margin for v in low_mm], [v + margin for v in high_mm])

    def coverage(self, distance_mm: Field) -> Field:
        """Tell which part of each voxel lies inside.

        Args:
            distance_mm: The signed distance.

        Returns:
            From 0 to 1, of the distance's shape.
        """
        share: Field = np.float32(0.5) - distance_mm * np.float32(1 / self.edge_mm)
        return np.clip(share, 0, 1, out=share)

    def paint(self, distance_mm: Field, hu: Field | float) -> None:
        """Paint one tissue over what is there.

        Args:
            distance_mm: The signed distance to its surface.
            hu: Its Hounsfield units.
        """
        self.blend(self.coverage(distance_mm), hu)

    def blend(self, share: Field, hu: Field | float) -> None:
        """Paint one tissue with a known share of every voxel.

        Args:
            share: From 0 to 1.
            hu: Its Hounsfield units.
        """
        self.hu[...] += share * (np.asarray(hu, dtype=np.float32) - self.hu)

    def finer(self, times: int) -> Canvas:
        """Copy the canvas with every slice cut into thinner ones.

        Args:
            times: Into how many.

        Returns:
            A canvas of its own, shape (X, Y, times * Z).
        """
        z_mm = self.z_mm.ravel()
        step = float(z_mm[1] - z_mm[0])
        inside = (np.arange(times) - (times - 1) / 2) / times * step
        fine = (z_mm[:, None] + inside).ravel().astype(np.float32)
        return replace(self, hu=np.repeat(self.hu, times, axis=2), z_mm=fine[None, None, :])


def average_slices(field: Field, times: int) -> Field:
    """Average thin slices into thick ones: the partial-volume effect.

    Args:
        field: Shape (X, Y, times * Z).
        times: How many thin slices make a thick one.

    Returns:
        Shape (X, Y, Z).
    """
    averaged = field[:, :, ::times].copy()
    for nth in range(1, times):
        averaged += field[:, :, nth::times]
    averaged *= np.float32(1 / times)
    return averaged
