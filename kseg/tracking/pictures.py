"""A slice as W&B shows it: the CT, and upon it the outlines and the prediction, each to be switched on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import wandb
from numpy.typing import NDArray
from PIL import Image

from kseg.labels import Label
from kseg.report.slices import Slice

SIDE = 384
"""Pixels of a picture's rows and columns: all alike, so that W&B shows several beside one another uncut."""

MARGIN_MM = 30.0
"""What is shown around the kidneys."""

CLASSES = {
    int(Label.BACKGROUND): "background",
    int(Label.MEDULLA): "medulla",
    int(Label.CORTEX): "cortex",
    int(Label.UNDIVIDED): "parenchyma, undivided",
}


def picture(shown: Slice, window: Sequence[float], caption: str) -> Any:
    """Draw a slice for W&B.

    Args:
        shown: The slice, its label maps of `kseg.labels.Label`.
        window: Which of its values are black and white.
        caption: Redacted already.

    Returns:
        A `wandb.Image` of `SIDE` x `SIDE` pixels with the masks `reference` and, where there is one, `prediction`.
    """
    low, high = window
    grey = (255 * ((shown.hu.astype(np.float64) - low) / (high - low)).clip(0, 1)).astype(np.uint8)
    masks = {
        name: {"mask_data": _fitted(label_map, shown.spacing_mm, Image.Resampling.NEAREST), "class_labels": CLASSES}
        for name, label_map in (("reference", shown.reference), ("prediction", shown.predicted))
        if label_map is not None
    }
    return wandb.Image(
        _fitted(grey, shown.spacing_mm, Image.Resampling.BILINEAR), mode="L", caption=caption, masks=masks
    )


def middle_slices(
    ct: NDArray[Any], reference: NDArray[np.uint8], predicted: NDArray[np.uint8], spacing_mm: Sequence[float]
) -> list[Slice]:
    """Cut out the axial and the coronal slice in which the outlined kidneys are largest, as radiologists look at them.

    Args:
        ct: Of a prepared case, whose axes run to the right, the front and the head (RAS+), shape (X, Y, Z).
        reference: Its label map, the same shape.
        predicted: The network's, the same shape.
        spacing_mm: Between voxels.

    Returns:
        Both slices: columns from the patient's right to left, rows from front to back, or from head to feet.
    """
    kidneys = reference if reference.any() else predicted
    inside = kidneys != Label.BACKGROUND
    height, depth = _largest(inside.sum(axis=(0, 1))), _largest(inside.sum(axis=(0, 2)))
    across_mm, depth_mm, height_mm = (float(length) for length in spacing_mm)
    x, y, z = (_around(inside, axis, float(step)) for axis, step in enumerate(spacing_mm))
    cuts = (("axial", (x, y, height), depth_mm), ("coronal", (x, depth, z), height_mm))
    return [
        Slice(plane, _facing(ct[cut]), _facing(reference[cut]), _facing(predicted[cut]), (row_mm, across_mm))
        for plane, cut, row_mm in cuts
    ]


def _largest(areas: NDArray[np.int64]) -> int:
    """The slice with the largest area, the middle one of several."""
    places = np.flatnonzero(areas == areas.max())
    return int(places[len(places) // 2])


def _facing(voxels: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(voxels.T[::-1, ::-1])


def _around(inside: NDArray[np.bool_], axis: int, step_mm: float) -> slice:
    """Where along an axis the kidneys lie, and what is shown around them; everything where there are none."""
    occupied = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
    if not len(occupied):
        return slice(None)
    margin = round(MARGIN_MM / step_mm)
    return slice(max(0, int(occupied[0]) - margin), int(occupied[-1]) + 1 + margin)


def _fitted(pixels: NDArray[np.uint8], spacing_mm: tuple[float, float], how: Image.Resampling) -> NDArray[np.uint8]:
    """Scale to the largest that fits, in the patient's own proportions, in the middle of a black square."""
    lengths = [count * step for count, step in zip(pixels.shape, spacing_mm, strict=True)]
    rows, columns = (max(1, round(SIDE * length / max(lengths))) for length in lengths)
    square = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - rows) // 2, (SIDE - columns) // 2
    square[top : top + rows, left : left + columns] = np.asarray(Image.fromarray(pixels).resize((columns, rows), how))
    return square
