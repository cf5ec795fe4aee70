"""How well does a predicted label map match the outlines, structure by structure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.labels import STRUCTURE_LABELS, STRUCTURES, Label, structure_mask
from kseg.metrics.pair import content_box
from kseg.metrics.volume import volume_ml

Metric = Callable[[NDArray[np.bool_], NDArray[np.bool_], tuple[float, float, float]], float | Mapping[str, float]]
"""`(reference_mask, predicted_mask, spacing_mm) -> value`, or several by name; NaN where it cannot be had."""

NOWHERE = np.zeros((1, 1, 1), np.bool_)
"""A mask of nothing."""


@dataclass(frozen=True)
class Divided:
    """Whether two label maps tell cortex from medulla; without parenchyma a map itself does not say.

    Args:
        reference: The outlines.
        predicted: The prediction.
    """

    reference: bool = True
    predicted: bool = True

    @classmethod
    def by(
        cls, reference: NDArray[np.uint8], predicted: NDArray[np.uint8], otherwise: Divided | None = None
    ) -> Divided:
        """Look at both maps; of an empty one take `otherwise`."""
        otherwise = otherwise or cls()
        return cls(is_divided(reference, otherwise.reference), is_divided(predicted, otherwise.predicted))


@dataclass(frozen=True)
class Score:
    """One value of one structure of one case."""

    structure: str
    metric: str
    value: float


@dataclass(frozen=True)
class Volumes:
    """How large one structure of one case is; NaN where the outlines, or the prediction, do not show it."""

    structure: str
    reference_ml: float
    predicted_ml: float


def score_case(
    reference: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    *,
    spacing_mm: tuple[float, float, float],
    metrics: Mapping[str, Metric],
    divided: Divided | None = None,
) -> list[Score]:
    """Score every structure of a case by every metric.

    The rule for empty masks. Where neither the outline nor the prediction has a voxel of a structure there is nothing
    to judge: every metric is NaN. Where one of the two has none, Dice and surface Dice are 0, distances are NaN, errors
    of the volume are what they are, in percent NaN if it is the outline that is empty. A NaN is counted (`n_missing`).

    Args:
        reference: The outlines' label map, shape (X, Y, Z).
        predicted: The network's, on the same grid.
        spacing_mm: The distance between voxels along each axis.
        metrics: The name in the table, and the function; a function that gives several values names them itself.
        divided: Whether the maps tell cortex from medulla; by default as they show, an empty one as if it did.

    Returns:
        A score for each structure and metric, in the order of `STRUCTURES` and of `metrics`. Cortex and medulla are
        NaN where the outlines, or a network that was not taught to, do not divide the parenchyma.
    """
    box = content_box(reference, predicted)
    reference, predicted = reference[box], predicted[box]
    divided = divided or Divided.by(reference, predicted)
    scores = []
    for structure in STRUCTURES:
        masks = structure_mask(reference, structure), structure_mask(predicted, structure)
        shown = shows(structure, divided=divided.reference) and shows(structure, divided=divided.predicted)
        comparable = shown and any(mask.any() for mask in masks)
        for name, metric in metrics.items():
            outlined, predicted_mask = masks if comparable else (NOWHERE, NOWHERE)
            found = metric(outlined, predicted_mask, spacing_mm)
            values = found if isinstance(found, Mapping) else {name: found}
            scores += [Score(structure, each, float(v) if comparable else math.nan) for each, v in values.items()]
    return scores


def measure_case(
    reference: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    *,
    spacing_mm: tuple[float, float, float],
    divided: Divided | None = None,
) -> list[Volumes]:
    """Measure every structure of a case, in the outlines and in the prediction.

    Args:
        reference: The outlines' label map, shape (X, Y, Z).
        predicted: The network's, on the same grid.
        spacing_mm: The distance between voxels along each axis.
        divided: Whether the maps tell cortex from medulla; by default as they show, an empty one as if it did.

    Returns:
        The volumes in the order of `STRUCTURES`; 0 of what is not there, NaN of what a map does not tell apart.
    """
    divided = divided or Divided.by(reference, predicted)
    return [
        Volumes(
            structure,
            structure_ml(reference, structure, spacing_mm, divided=divided.reference),
            structure_ml(predicted, structure, spacing_mm, divided=divided.predicted),
        )
        for structure in STRUCTURES
    ]


def structure_ml(
    label_map: NDArray[np.uint8], structure: str, spacing_mm: tuple[float, float, float], *, divided: bool | None = None
) -> float:
    """Measure one structure of a label map.

    Args:
        label_map: Shape (X, Y, Z).
        structure: One of `STRUCTURES`.
        spacing_mm: The distance between voxels along each axis.
        divided: Whether the map tells cortex from medulla; by default as it shows, an empty one as if it did.

    Returns:
        Its volume in ml; NaN where the label map does not tell the structure apart.
    """
    told_apart = shows(structure, divided=is_divided(label_map) if divided is None else divided)
    return volume_ml(structure_mask(label_map, structure), spacing_mm) if told_apart else math.nan


def is_divided(label_map: NDArray[Any], if_empty: bool = True) -> bool:
    """Tell whether all parenchyma of a label map is divided into cortex and medulla.

    Args:
        label_map: Any shape.
        if_empty: What is said of a map without parenchyma, which shows neither: whether the network was taught to
            divide, or whether a cortex was outlined.
    """
    if not np.any(label_map):
        return if_empty
    return not bool((label_map == Label.UNDIVIDED).any())


def shows(structure: str, *, divided: bool) -> bool:
    """Tell whether a label map shows a structure: cortex and medulla only where all parenchyma is divided."""
    return divided or Label.UNDIVIDED in STRUCTURE_LABELS[structure]
