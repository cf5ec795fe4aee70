"""How thick is the renal cortex between the bases of the pyramids and the capsule?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from kseg.images import bounding_box

SINUS_MM = 15.0
"""A ball of this radius does not get into the renal sinus: its mouth, the hilum, is narrower than 3 cm one way."""

CAPSULE_MM = 3.0
"""What lies deeper than this below the kidney with its sinus closed is the sinus's wall, not the capsule."""

COARSE_MM = 2.0
"""The grid on which the sinus is closed."""

SMOOTHING_VOXELS = 0.7
"""Of the masks, so that a border runs between voxels and not along their edges."""


@dataclass(frozen=True)
class Bases:
    """The bases of the medullary pyramids.

    Args:
        to_capsule_mm: From points of the bases to the nearest point of the capsule.
        areas_mm2: For how much of the bases each point stands.
    """

    to_capsule_mm: NDArray[np.float64]
    areas_mm2: NDArray[np.float64]


def cortical_thickness_mm(*kidneys: Bases) -> float:
    """Average the thickness of the cortex, every part of the pyramids' bases weighing by its area.

    Args:
        *kidneys: Of one kidney or of both, from `pyramid_bases`.

    Returns:
        In mm; NaN where no base is seen.

    Reference:
        Beland MD, Walle NL, Machan JT, Cronan JJ. Renal cortical thickness measured at ultrasound: is it better than
        renal length as an indicator of renal function in chronic kidney disease? AJR 2010;195:W146-W149: the shortest
        distance from the base of a medullary pyramid to the renal capsule; there over one pyramid, here over all.
    """
    areas = np.concatenate([kidney.areas_mm2 for kidney in kidneys]) if kidneys else np.empty(0)
    if not len(areas):
        return math.nan
    return float(np.average(np.concatenate([kidney.to_capsule_mm for kidney in kidneys]), weights=areas))


def pyramid_bases(
    parenchyma: NDArray[np.bool_], medulla: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> Bases:
    """Find the pyramids' bases in one kidney, and how far each of their points lies from the capsule.

    The capsule is the parenchyma's surface without the wall of the renal sinus. A point of the medulla's surface
    belongs to a base if it is the medulla's nearest to some point of the capsule: so the sides of pyramids, along which
    the cortex reaches down in columns, and their tips at the sinus do not count. Spheres and shells come out 0.1 to
    0.3 mm too thin on slices of up to 3 mm, and 0.6 mm on slices of 5 mm.

    Args:
        parenchyma: True inside, shape (X, Y, Z).
        medulla: True inside, the same shape.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        The bases; empty where either mask is.
    """
    box = bounding_box(parenchyma)
    parenchyma, medulla = parenchyma[box], medulla[box] & parenchyma[box]
    if not medulla.any():
        return Bases(np.empty(0), np.empty(0))
    outer, _ = _surface(parenchyma, spacing_mm)
    capsule = outer[_depth_mm(parenchyma, outer, spacing_mm) <= CAPSULE_MM]
    inner, areas_mm2 = _surface(medulla, spacing_mm)
    _, nearest = KDTree(inner).query(capsule)
    bases = np.unique(nearest)
    to_capsule_mm, _ = KDTree(capsule).query(inner[bases])
    return Bases(np.asarray(to_capsule_mm), areas_mm2[bases])


def _surface(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points in mm, shape (N, 3), where lines along the axes cross a mask's border; the face that each stands for."""
    inside: NDArray[np.float32] = ndimage.gaussian_filter(
        np.pad(mask, 2).astype(np.float32), SMOOTHING_VOXELS, mode="constant", truncate=3
    )
    points, areas = [], []
    for axis in range(3):
        here, there = (_without(inside, axis, end) for end in (-1, 0))
        crossed = np.argwhere((here > 0.5) != (there > 0.5))
        before, after = here[tuple(crossed.T)], there[tuple(crossed.T)]
        places = crossed - 2.0
        places[:, axis] += (0.5 - before) / (after - before)
        points.append(places * spacing_mm)
        areas.append(np.full(len(places), math.prod(spacing_mm) / spacing_mm[axis]))
    return np.concatenate(points), np.concatenate(areas)


def _without(values: NDArray[Any], axis: int, end: int) -> NDArray[Any]:
    """All but the first (0) or the last (-1) plane across an axis."""
    kept = slice(1, None) if end == 0 else slice(None, -1)
    return values[(slice(None),) * axis + (kept,)]


def _depth_mm(
    parenchyma: NDArray[np.bool_], points: NDArray[np.float64], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float64]:
    """How deep points lie within the kidney whose sinus is closed by a ball of `SINUS_MM`."""
    steps = np.maximum(1, np.rint(COARSE_MM / np.array(spacing_mm))).astype(int)
    coarse_mm = steps * spacing_mm
    margins = np.ceil((SINUS_MM + COARSE_MM) / coarse_mm).astype(int) + 1
    coarse = np.pad(parenchyma[tuple(slice(None, None, step) for step in steps)], [(n, n) for n in margins])
    grown = ndimage.distance_transform_edt(~coarse, sampling=coarse_mm) <= SINUS_MM
    closed = coarse | (ndimage.distance_transform_edt(grown, sampling=coarse_mm) > SINUS_MM)
    depth = ndimage.distance_transform_edt(closed, sampling=coarse_mm)
    places = points / coarse_mm + margins
    found: NDArray[np.float64] = ndimage.map_coordinates(depth, places.T, order=1, mode="nearest")
    return found
