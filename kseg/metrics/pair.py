"""Which two label maps are compared for a case: the outlines' and the network's, read and found on one grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Box, Volume, bounding_box, read_volume
from kseg.labels import Label
from kseg.metrics.kidneys import sides_of_both
from kseg.outlines import Outline, read_outlines


@dataclass(frozen=True)
class CaseFiles:
    """Where the files of one test case lie.

    Args:
        case_id: As in the cohort.
        group: The stage of kidney disease; "" where it is not known.
        parenchyma: As it was drawn.
        cortex: As it was drawn; None where it was not.
        prediction: The network's label map.
    """

    case_id: str
    group: str
    parenchyma: Outline
    cortex: Outline | None
    prediction: Path


@dataclass(frozen=True)
class Pair:
    """Two label maps on one grid, cut to the smallest box that holds both.

    Args:
        reference: The outlines, shape (X, Y, Z).
        predicted: The network's, the same shape.
        spacing_mm: The distance between voxels along each axis.
        sides: Which kidney each voxel of both belongs to, of `kseg.metrics.sides.Side`; None where nobody asked.
    """

    reference: NDArray[np.uint8]
    predicted: NDArray[np.uint8]
    spacing_mm: tuple[float, float, float]
    sides: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None


def read_pair(case: CaseFiles, *, sides: bool = False) -> Pair:
    """Read what is compared for one case.

    Args:
        case: Its files.
        sides: Whether the kidneys are told apart.

    Returns:
        The pair, cut to its content.

    Raises:
        InputError: Files are missing, lie on different grids, or hold other integers than a label map's.
    """
    reference = read_outlines(case.parenchyma, case.cortex)
    prediction = read_volume(case.prediction)
    _check_grids(case, reference, prediction)
    box = content_box(reference.voxels, prediction.voxels)
    _check_labels(case, prediction.voxels[box])
    predicted = prediction.voxels[box].astype(np.uint8)
    spacing_mm = prediction.grid.spacing_mm
    if not sides:
        return Pair(reference.voxels[box], predicted, spacing_mm)
    told_apart = sides_of_both(reference.voxels > 0, prediction.voxels > 0, prediction.grid.affine)
    outlined, found = (voxels[box] for voxels in told_apart)
    return Pair(reference.voxels[box], predicted, spacing_mm, (outlined, found))


def content_box(reference: NDArray[Any], predicted: NDArray[Any]) -> Box:
    """Find the smallest box that holds all of two masks or label maps.

    Args:
        reference: 0 is the background, shape (X, Y, Z).
        predicted: Of the same shape.

    Returns:
        A slice for each axis; empty slices where all is background.
    """
    return bounding_box((reference != Label.BACKGROUND) | (predicted != Label.BACKGROUND))


def _check_grids(case: CaseFiles, reference: Volume, prediction: Volume) -> None:
    if not reference.grid.same_as(prediction.grid):
        raise InputError(
            f"{case.case_id}: {case.parenchyma} lies on another grid than {case.prediction} ({_geometry(reference)} "
            f"against {_geometry(prediction)}); predict on the CT that was outlined"
        )


def _check_labels(case: CaseFiles, voxels: NDArray[Any]) -> None:
    strangers = np.unique(voxels[~np.isin(voxels, list(Label))])
    if len(strangers):
        found = ", ".join(f"{value:g}" for value in strangers[:5])
        known = ", ".join(f"{int(label)} {label.name.lower()}" for label in Label)
        raise InputError(f"{case.case_id}: {case.prediction} holds {found}; a label map holds {known}")


def _geometry(volume: Volume) -> str:
    shape = " x ".join(str(length) for length in volume.grid.shape)
    spacing = " x ".join(f"{length:.3g}" for length in volume.grid.spacing_mm)
    return f"{shape} voxels of {spacing} mm, {volume.grid.orientation}"
