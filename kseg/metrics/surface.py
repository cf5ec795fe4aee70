"""How far do two surfaces lie apart: distances between surface elements, each with its area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from surface_distance.lookup_tables import create_table_neighbour_code_to_surface_area

from kseg.metrics.pair import content_box

INSIDE = 255
"""The code of a point all of whose voxels are inside."""


@dataclass(frozen=True)
class Surfaces:
    """The surface elements of two masks, those of each in the order of their distances to the other.

    Args:
        distances_mm: From the reference to the prediction and back; empty where a mask is.
        areas_mm2: Of the elements, in the same order.
    """

    distances_mm: tuple[NDArray[np.float64], NDArray[np.float64]]
    areas_mm2: tuple[NDArray[np.float64], NDArray[np.float64]]

    @property
    def sizes(self) -> tuple[int, int]:
        """How many elements each surface has."""
        reference, predicted = (len(areas) for areas in self.areas_mm2)
        return reference, predicted


def surface_scores(
    reference_mask: NDArray[np.bool_],
    predicted_mask: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    *,
    tolerances_mm: Sequence[float],
    percent: float,
) -> dict[str, float]:
    """Compare the surfaces of two masks, their distances computed once.

    Args:
        reference_mask: True inside the outline, shape (X, Y, Z).
        predicted_mask: True inside the prediction, the same shape.
        spacing_mm: The distance between voxels along each axis.
        tolerances_mm: Within which a surface counts as met.
        percent: Of the surface that is nearer than the Hausdorff distance says, as 95.

    Returns:
        `nsd_<tolerance>mm`, `hd<percent>_mm`, `assd_mm`. Where one mask is empty, nothing is met, and there is no
        distance: 0 and NaN; where both are, NaN.

    Reference:
        Nikolov S et al. Clinically applicable segmentation of head and neck anatomy for radiotherapy. J Med Internet
        Res 2021;23(7):e26151; its surface elements, as google-deepmind's surface-distance defines them.
    """
    surfaces = surfaces_of(reference_mask, predicted_mask, spacing_mm)
    return {
        **{f"nsd_{tolerance:g}mm": normalized_surface_dice(surfaces, tolerance) for tolerance in tolerances_mm},
        f"hd{percent:g}_mm": robust_hausdorff_mm(surfaces, percent),
        "assd_mm": average_distance_mm(surfaces),
    }


def surfaces_of(
    reference_mask: NDArray[np.bool_], predicted_mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> Surfaces:
    """Find the surface elements of two masks and how far each lies from the other surface.

    Args:
        reference_mask: Shape (X, Y, Z).
        predicted_mask: The same shape.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        The surfaces. A surface element stands at each point in which voxels inside and outside meet; its area is that
        of the triangles by which marching cubes would part them.
    """
    box = content_box(reference_mask, predicted_mask)
    areas_of_codes = np.asarray(create_table_neighbour_code_to_surface_area(spacing_mm))
    elements, points, areas = [], [], []
    for mask in (reference_mask[box], predicted_mask[box]):
        codes = neighbour_codes(mask)
        elements.append((codes != 0) & (codes != INSIDE))
        places = np.nonzero(elements[-1])
        points.append(np.column_stack(places))
        areas.append(areas_of_codes[codes[places]])
    if not all(map(len, points)):
        nowhere = np.empty(0)
        return Surfaces((nowhere, nowhere), (areas[0], areas[1]))
    spacing = np.asarray(spacing_mm)
    there = _nearest_mm(points[0], points[1], elements[1], spacing)
    back = _nearest_mm(points[1], points[0], elements[0], spacing)
    first, second = np.argsort(there), np.argsort(back)
    return Surfaces((there[first], back[second]), (areas[0][first], areas[1][second]))


def _nearest_mm(
    points: NDArray[Any], others: NDArray[Any], are_others: NDArray[np.bool_], spacing_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From whole voxels, so that what lies just at a tolerance is not put beyond it by rounding."""
    distances = np.zeros(len(points))
    apart = ~are_others[tuple(points.T)]  # where the surfaces meet nothing is to be looked for
    if apart.any():
        tree = KDTree(others * spacing_mm, balanced_tree=False, compact_nodes=False)
        _, nearest = tree.query(points[apart] * spacing_mm)
        steps = (points[apart] - others[nearest]) * spacing_mm
        distances[apart] = np.sqrt((steps**2).sum(axis=1))
    return distances


def neighbour_codes(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Say of every point between voxels which of the eight around it are inside, a bit each.

    The highest bit is that of the voxel before the point along all three axes; the next that of the one behind it along
    the third.

    Args:
        mask: Shape (X, Y, Z).

    Returns:
        Shape (X + 1, Y + 1, Z + 1).
    """
    of_voxels = np.pad(mask, 1).view(np.uint8)
    of_edges = of_voxels[:-1] << np.uint8(4) | of_voxels[1:]
    of_faces = of_edges[:, :-1] << np.uint8(2) | of_edges[:, 1:]
    codes: NDArray[np.uint8] = of_faces[:, :, :-1] << np.uint8(1) | of_faces[:, :, 1:]
    return codes


def normalized_surface_dice(surfaces: Surfaces, tolerance_mm: float) -> float:
    """The share of both surfaces that lies within a tolerance of the other.

    Args:
        surfaces: Of two masks.
        tolerance_mm: The tolerance.

    Returns:
        From 0 to 1; 0 where one mask is empty, NaN where both are.
    """
    if not any(surfaces.sizes):
        return math.nan
    if not all(surfaces.sizes):
        return 0.0
    met = sum(
        float(areas[distances <= tolerance_mm].sum())
        for distances, areas in zip(surfaces.distances_mm, surfaces.areas_mm2, strict=True)
    )
    return met / sum(float(areas.sum()) for areas in surfaces.areas_mm2)


def robust_hausdorff_mm(surfaces: Surfaces, percent: float) -> float:
    """The distance below which a percentage of each surface lies from the other, the larger of the two.

    Args:
        surfaces: Of two masks.
        percent: From 0 to 100.

    Returns:
        In mm; NaN where a mask is empty.
    """
    if not all(surfaces.sizes):
        return math.nan
    return max(
        _distance_at(distances, areas, percent / 100)
        for distances, areas in zip(surfaces.distances_mm, surfaces.areas_mm2, strict=True)
    )


def average_distance_mm(surfaces: Surfaces) -> float:
    """The mean distance of both surfaces' elements to the other surface, by area.

    Args:
        surfaces: Of two masks.

    Returns:
        In mm; NaN where a mask is empty.
    """
    if not all(surfaces.sizes):
        return math.nan
    distances, areas = np.concatenate(surfaces.distances_mm), np.concatenate(surfaces.areas_mm2)
    return float(np.average(distances, weights=areas))


def _distance_at(distances: NDArray[np.float64], areas: NDArray[np.float64], share: float) -> float:
    place = int(np.searchsorted(np.cumsum(areas) / areas.sum(), share))
    return float(distances[min(place, len(distances) - 1)])
