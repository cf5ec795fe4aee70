"""What is one case like: its grid, its brightness in and around the kidneys, its volumes?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kseg.images import Box, Grid, Volume, bounding_box
from kseg.labels import STRUCTURES, Label, structure_mask
from kseg.metrics.score import structure_ml
from kseg.metrics.sides import Side, tell_sides_apart
from kseg.metrics.volume import volume_ml

AROUND_MM = 10.0
"""So far reaches what is called around the kidneys."""

SAMPLED_MM = 2.0
"""Brightness around the kidneys is taken from voxels at most so far apart: the same medians in a tenth of the time."""


@dataclass(frozen=True)
class Brightness:
    """Hounsfield units of a region; NaN where a case does not show it.

    Args:
        median_hu: Half of the region is darker.
        p5_hu: A twentieth of it is darker.
        p95_hu: A twentieth of it is brighter.
    """

    median_hu: float = math.nan
    p5_hu: float = math.nan
    p95_hu: float = math.nan


@dataclass(frozen=True)
class Fingerprint:
    """What distinguishes one case from others of its cohort.

    Args:
        grid: Of the CT.
        parenchyma_ml: Volume; so `cortex_ml` and `medulla_ml`, NaN where not all parenchyma is divided.
        cortex_ml: See there.
        medulla_ml: See there.
        right_ml: Of the parenchyma, what belongs to the right kidney; 0 where there is none.
        left_ml: See there.
        parenchyma: Brightness; so `cortex` and `medulla`, NaN where there is none.
        cortex: See there.
        medulla: See there.
        around: Brightness within `AROUND_MM` of the parenchyma, outside it.
        at_the_edge: The parenchyma reaches an edge of the CT, and is probably cut off there.
    """

    grid: Grid
    parenchyma_ml: float
    cortex_ml: float
    medulla_ml: float
    right_ml: float
    left_ml: float
    parenchyma: Brightness
    cortex: Brightness
    medulla: Brightness
    around: Brightness
    at_the_edge: bool

    @property
    def kidneys(self) -> int:
        """How many sides there is a kidney on."""
        return (self.right_ml > 0) + (self.left_ml > 0)

    @property
    def slices(self) -> int:
        """How many slices the CT has."""
        return self.grid.shape[slice_axis(self.grid)]

    @property
    def between_slices_mm(self) -> float:
        """How far one slice is from the next."""
        return self.grid.spacing_mm[slice_axis(self.grid)]

    @property
    def in_plane_mm(self) -> float:
        """How far the voxels of a slice are from one another: the geometric mean of both directions."""
        return math.sqrt(math.prod(self.grid.spacing_mm) / self.between_slices_mm)

    @property
    def reach_mm(self) -> tuple[float, float, float]:
        """How far the CT reaches from the patient's right to left, from front to back, and from head to feet."""
        axes = [next(axis for axis in range(3) if self.grid.orientation[axis] in ends) for ends in ("RL", "AP", "SI")]
        across, depth, length = (self.grid.shape[axis] * self.grid.spacing_mm[axis] for axis in axes)
        return across, depth, length


def slice_axis(grid: Grid) -> int:
    """Tell which axis goes from slice to slice: the one whose spacing is unlike the two others, which scanners equal.

    Args:
        grid: Where all three are equal, slices are those from head to feet.

    Returns:
        The axis's number.
    """

    def rank(axis: int) -> tuple[float, bool]:
        one_mm, other_mm = (grid.spacing_mm[other] for other in range(3) if other != axis)
        return round(abs(one_mm - other_mm), 3), grid.orientation[axis] not in "SI"

    return min(range(3), key=rank)


def take_fingerprint(ct: Volume, label_map: NDArray[np.uint8]) -> Fingerprint:
    """Measure a case in the box of its kidneys.

    Args:
        ct: In Hounsfield units.
        label_map: Of the outlines, on the CT's grid; some parenchyma is drawn.

    Returns:
        The fingerprint.
    """
    drawn = label_map != Label.BACKGROUND
    kidneys = bounding_box(drawn)
    box = _widened(kidneys, ct.grid)
    hu, labels = ct.voxels[box], label_map[box]
    masks = {structure: structure_mask(labels, structure) for structure in STRUCTURES}
    sides = tell_sides_apart(drawn, ct.grid.affine, ct.voxels).voxels[box]
    volumes_ml = {structure: float(structure_ml(labels, structure, ct.grid.spacing_mm)) for structure in STRUCTURES}
    return Fingerprint(
        grid=ct.grid,
        parenchyma_ml=volumes_ml["parenchyma"],
        cortex_ml=volumes_ml["cortex"],
        medulla_ml=volumes_ml["medulla"],
        right_ml=float(volume_ml(sides == Side.RIGHT, ct.grid.spacing_mm)),
        left_ml=float(volume_ml(sides == Side.LEFT, ct.grid.spacing_mm)),
        parenchyma=_brightness(hu[masks["parenchyma"]]),
        cortex=_brightness(hu[masks["cortex"]]),
        medulla=_brightness(hu[masks["medulla"]]),
        around=_brightness_around(hu, masks["parenchyma"], ct.grid.spacing_mm),
        at_the_edge=_is_at_an_edge(kidneys, ct.grid),
    )


def _widened(box: Box, grid: Grid) -> Box:
    margins = [math.ceil(AROUND_MM / length) for length in grid.spacing_mm]
    x, y, z = (
        slice(max(0, side.start - margin), side.stop + margin) for side, margin in zip(box, margins, strict=True)
    )
    return x, y, z


def _is_at_an_edge(box: Box, grid: Grid) -> bool:
    return any(side.start == 0 or side.stop == length for side, length in zip(box, grid.shape, strict=True))


def _brightness(hu: NDArray[Any]) -> Brightness:
    if not hu.size:
        return Brightness()
    p5, median, p95 = np.percentile(hu, (5, 50, 95)).tolist()
    return Brightness(median, p5, p95)


def _brightness_around(
    hu: NDArray[Any], parenchyma: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> Brightness:
    steps = [max(1, int(SAMPLED_MM / length)) for length in spacing_mm]
    sampled = tuple(slice(None, None, step) for step in steps)
    apart_mm = [step * length for step, length in zip(steps, spacing_mm, strict=True)]
    away_mm = ndimage.distance_transform_edt(~parenchyma[sampled], sampling=apart_mm)
    return _brightness(hu[sampled][(away_mm > 0) & (away_mm <= AROUND_MM)])
