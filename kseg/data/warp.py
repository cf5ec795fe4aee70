"""How is a patch turned, scaled and mirrored?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLAT = 3.0
"""A patch that is more than so many times as long as it is thick is varied within its slices alone, as nnU-Net does."""


@dataclass(frozen=True)
class Warp:
    """What happens to the geometry of one patch.

    Args:
        matrix: From a voxel's offset to the patch's centre to the offset of the place in the CT that it shows, both in
            voxels; shape (3, 3). The identity for a patch that is cut as it is.
        mirrored: The patch's axes that are mirrored before that.
    """

    matrix: NDArray[np.float64]
    mirrored: tuple[int, ...]

    @property
    def resamples(self) -> bool:
        """Whether voxels fall between those of the CT."""
        return not np.array_equal(self.matrix, np.eye(3))

    @property
    def turns(self) -> bool:
        """Whether the patch's axes are others than the CT's."""
        return not np.array_equal(self.matrix, np.diag(np.diag(self.matrix)))

    @property
    def to_ct(self) -> NDArray[np.float64]:
        """The matrix with the mirroring in it."""
        return self.matrix * np.where(np.isin(range(3), self.mirrored), -1, 1)

    def reach(self, size: NDArray[np.int_]) -> NDArray[np.float64]:
        """How far from its centre a patch of so many voxels reaches along each axis of the CT, in voxels."""
        reached: NDArray[np.float64] = np.abs(self.matrix) @ (size - 1) / 2
        return reached


@dataclass(frozen=True)
class Rotation:
    """Turn some patches about all three axes, or about the thin one alone if the patch is `FLAT`.

    Args:
        p: The share of patches.
        degrees: The largest angle, either way, about each axis.
        degrees_if_flat: The largest angle of a flat patch within its slices; the same if None.
    """

    p: float
    degrees: float
    degrees_if_flat: float | None = None

    def largest(self, flat_axis: int | None) -> float:
        """The largest angle in degrees, either way, of a patch with this flat axis or none."""
        return self.degrees if flat_axis is None or self.degrees_if_flat is None else self.degrees_if_flat

    def draw(self, random: np.random.Generator, flat_axis: int | None) -> NDArray[np.float64]:
        """A rotation of the patient's millimetres, shape (3, 3); the identity for most patches."""
        turns = random.random() < self.p
        largest = np.deg2rad(self.largest(flat_axis))
        angles = random.uniform(-largest, largest, 3) * turns
        about = range(3) if flat_axis is None else (flat_axis,)
        turned = np.eye(3)
        for axis in about:
            turned = _about(axis, angles[axis]) @ turned
        return turned


@dataclass(frozen=True)
class Scaling:
    """Show more or less of the CT in some patches, by one factor along all axes (within the slice if it is `FLAT`).

    Args:
        p: The share of patches.
        factors: The smallest and the largest; at 1.4 a patch shows 1.4 times the length, and everything in it is
            1.4 times smaller, as in nnU-Net.
    """

    p: float
    factors: tuple[float, float]

    def draw(self, random: np.random.Generator, flat_axis: int | None) -> NDArray[np.float64]:
        """A factor an axis on the diagonal, shape (3, 3); the identity for most patches."""
        scales, factor = random.random() < self.p, random.uniform(*self.factors)
        along = np.full(3, factor if scales else 1.0)
        if flat_axis is not None:
            along[flat_axis] = 1
        return np.diag(along)


@dataclass(frozen=True)
class Mirroring:
    """Mirror patches.

    Args:
        p: The share of patches, for each axis by itself.
        axes: 0 exchanges right and left, 1 front and back, 2 up and down.
    """

    p: float
    axes: Sequence[int]

    def draw(self, random: np.random.Generator) -> tuple[int, ...]:
        """The axes that are mirrored this time."""
        return tuple(axis for axis in self.axes if random.random() < self.p)


@dataclass(frozen=True)
class Warping:
    """Rotation, scaling and mirroring in one step; what is None is left out.

    Args:
        rotation: First in the patient, last in the patch.
        scaling: Between the two.
        mirroring: Of the finished patch.
    """

    rotation: Rotation | None = None
    scaling: Scaling | None = None
    mirroring: Mirroring | None = None

    def draw(self, random: np.random.Generator, size: NDArray[np.int_], spacing_mm: Sequence[float]) -> Warp:
        """Draw what happens to one patch.

        Args:
            random: Of this patch.
            size: Of the patch in voxels, along each axis.
            spacing_mm: Of the CT; the patch is turned in millimetres, so that nothing is sheared.

        Returns:
            The warp.
        """
        flat_axis = thin_axis(size.tolist())
        rotation = self.rotation.draw(random, flat_axis) if self.rotation else np.eye(3)
        scaling = self.scaling.draw(random, flat_axis) if self.scaling else np.eye(3)
        mirrored = self.mirroring.draw(random) if self.mirroring else ()
        in_mm, spacing = rotation @ scaling, np.array(spacing_mm)
        return Warp(in_mm * spacing / spacing[:, None], mirrored)


AS_IT_IS = Warping()


def thin_axis(size: Sequence[int]) -> int | None:
    """Find the axis across the slices of a patch that is too thin to be varied along it.

    Args:
        size: Voxels along each axis.

    Returns:
        The axis with the fewest voxels if another one has more than `FLAT` times as many, else None. The rule is
        nnU-Net's (`ANISO_THRESHOLD`).
    """
    return int(np.argmin(size)) if max(size) > FLAT * min(size) else None


def _about(axis: int, angle: float) -> NDArray[np.float64]:
    """The rotation about one axis, right-handed, in radians."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turned = np.eye(3)
    turned[first, first] = turned[second, second] = np.cos(angle)
    turned[first, second], turned[second, first] = -np.sin(angle), np.sin(angle)
    return turned
