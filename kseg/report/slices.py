"""Which two slices of a patient are shown, turned the way radiologists look at them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Grid, read_volume
from kseg.labels import Label, label_map

VIEWING = "LPI"
"""Axes that run from the patient's right to left, front to back, head to feet: as a picture's columns and rows run."""

MARGIN_MM = 20.0
"""What is shown around the kidneys."""


@dataclass(frozen=True)
class Slice:
    """One slice with both label maps; rows run downwards, columns from the patient's right to left.

    Args:
        plane: `axial` or `coronal`.
        hu: Hounsfield units, shape (rows, columns).
        reference: The outlines' label map, the same shape.
        predicted: The network's, the same shape.
        spacing_mm: Between rows, and between columns.
    """

    plane: str
    hu: NDArray[Any]
    reference: NDArray[np.uint8]
    predicted: NDArray[np.uint8]
    spacing_mm: tuple[float, float]


def read_slices(image: Path, parenchyma: Path, cortex: Path | None, prediction: Path) -> list[Slice]:
    """Read the axial and the coronal slice in which the kidneys are largest.

    Args:
        image: The CT.
        parenchyma: The outline's mask.
        cortex: The outline's mask; None where there is none.
        prediction: The network's label map.

    Returns:
        Both slices, cut to the kidneys and a margin.

    Raises:
        InputError: A file is missing or lies on another grid than the CT.
    """
    ct = read_volume(image)
    masks = {path: read_volume(path) for path in (parenchyma, cortex, prediction) if path}
    strange = [path for path, mask in masks.items() if not mask.grid.same_as(ct.grid)]
    if strange:
        raise InputError([f"{path}: lies on another grid than {image}" for path in strange])
    reference = label_map(masks[parenchyma].voxels > 0, masks[cortex].voxels > 0 if cortex else None)
    hu, outlined, predicted = (_turn(v, ct.grid) for v in (ct.voxels, reference, masks[prediction].voxels))
    return _cut(hu, outlined, predicted, _turned_spacing(ct.grid))


def _cut(
    hu: NDArray[Any], reference: NDArray[Any], predicted: NDArray[Any], spacing_mm: NDArray[np.float64]
) -> list[Slice]:
    kidneys = reference != Label.BACKGROUND if reference.any() else predicted != Label.BACKGROUND
    box = _box((reference != Label.BACKGROUND) | (predicted != Label.BACKGROUND), spacing_mm)
    front_to_back = int(np.argmax(kidneys.sum(axis=(0, 2))))
    head_to_feet = int(np.argmax(kidneys.sum(axis=(0, 1))))
    across, depth, length = spacing_mm.tolist()
    axial = (box[0], box[1], head_to_feet)
    coronal = (box[0], front_to_back, box[2])
    return [
        Slice("axial", hu[axial].T, reference[axial].T, predicted[axial].T, (depth, across)),
        Slice("coronal", hu[coronal].T, reference[coronal].T, predicted[coronal].T, (length, across)),
    ]


def _box(content: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> list[slice]:
    box = []
    for axis in range(3):
        occupied = np.flatnonzero(content.any(axis=tuple(other for other in range(3) if other != axis)))
        margin = int(np.ceil(MARGIN_MM / spacing_mm[axis]))
        first, last = (occupied[0], occupied[-1]) if len(occupied) else (0, content.shape[axis] - 1)
        box.append(slice(max(0, int(first) - margin), int(last) + 1 + margin))
    return box


def _turn(voxels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    return np.asarray(nib.orientations.apply_orientation(voxels, _turning(grid)))


def _turned_spacing(grid: Grid) -> NDArray[np.float64]:
    spacing = np.empty(3)
    spacing[_turning(grid)[:, 0].astype(int)] = grid.spacing_mm
    return spacing


def _turning(grid: Grid) -> NDArray[np.float64]:
    viewing = nib.orientations.axcodes2ornt(VIEWING)
    return np.asarray(nib.orientations.ornt_transform(nib.orientations.io_orientation(grid.affine), viewing))
