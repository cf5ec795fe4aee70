"""Which slices of a patient are shown, turned the way radiologists look at them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Grid, Volume, bounding_box, read_volume
from kseg.labels import Label
from kseg.outlines import Outline, read_outlines

VIEWING = "LPI"
"""Axes that run from the patient's right to left, front to back, head to feet: as a picture's columns and rows run."""

MARGIN_MM = 20.0
"""What is shown around the kidneys."""

FRAME_MM = (160.0, 260.0)
"""Rows and columns of a slice that stands beside those of other patients: room for two kidneys and the margin."""

AIR_HU = -1000
"""What lies beyond the CT."""


@dataclass(frozen=True)
class Slice:
    """One slice with its label maps; rows run downwards, columns from the patient's right to left.

    Args:
        plane: `axial`, `coronal` or `sagittal`.
        hu: Hounsfield units, shape (rows, columns).
        reference: The outlines' label map, the same shape.
        predicted: The network's, the same shape; None where nothing was predicted.
        spacing_mm: Between rows, and between columns.
        edges: What lies at the picture's left and at its right: R, L, A(nterior) or P(osterior).
    """

    plane: str
    hu: NDArray[Any]
    reference: NDArray[np.uint8]
    predicted: NDArray[np.uint8] | None
    spacing_mm: tuple[float, float]
    edges: tuple[str, str] = ("R", "L")


def read_slices(image: Path, parenchyma: Outline, cortex: Outline | None, prediction: Path) -> list[Slice]:
    """Read the axial, the coronal and the sagittal slice in which the kidneys are largest.

    Args:
        image: The CT.
        parenchyma: As it was drawn.
        cortex: As it was drawn; None where it was not.
        prediction: The network's label map.

    Returns:
        The three slices, cut to the kidneys and a margin.

    Raises:
        InputError: A file is missing or lies on another grid than the CT.
    """
    ct = read_volume(image)
    maps = (read_outlines(parenchyma, cortex), read_volume(prediction))
    named = zip((parenchyma, prediction), maps, strict=True)
    strange = [name for name, label_map in named if not label_map.grid.same_as(ct.grid)]
    if strange:
        raise InputError([f"{name}: lies on another grid than {image}" for name in strange])
    hu, outlined, predicted = (_turn(volume.voxels, ct.grid) for volume in (ct, *maps))
    return _cut(hu, outlined, predicted, _turned_spacing(ct.grid))


def planes_of(ct: Volume, label_map: NDArray[np.uint8]) -> list[Slice]:
    """Cut out the axial, the coronal and the sagittal slice in which the kidneys are largest.

    Args:
        ct: The CT.
        label_map: What was outlined, on the CT's grid.

    Returns:
        The three slices without a prediction, cut to the kidneys and a margin; where nothing is outlined, all of the
        three slices through the middle.
    """
    box = bounding_box(label_map != Label.BACKGROUND)
    margins = [int(np.ceil(MARGIN_MM / step)) for step in ct.grid.spacing_mm]
    near = tuple(slice(max(0, part.start - n), part.stop + n) for part, n in zip(box, margins, strict=True))
    cut = near if box[0].stop else (slice(None),) * 3
    hu, outlined = _turn(ct.voxels[cut], ct.grid), _turn(label_map[cut], ct.grid)
    return [replace(shown, predicted=None) for shown in _cut(hu, outlined, outlined, _turned_spacing(ct.grid))]


def framed_slice(ct: Volume, label_map: NDArray[np.uint8]) -> Slice:
    """Cut out the axial slice in which the kidneys are largest, to the same frame for every patient.

    Args:
        ct: The CT.
        label_map: Of the outlines, on the CT's grid.

    Returns:
        The slice without a prediction: `FRAME_MM` around the kidneys, more in the same proportions where they need
        more; air where the frame leaves the CT.
    """
    hu, outlined = _turn(ct.voxels, ct.grid), _turn(label_map, ct.grid)
    across_mm, depth_mm, _ = (float(length) for length in _turned_spacing(ct.grid))
    kidneys = outlined != Label.BACKGROUND
    columns, rows, _ = _box(kidneys, _turned_spacing(ct.grid))
    shown = int(np.argmax(kidneys[columns, rows].sum(axis=(0, 1))))
    spacing_mm = (depth_mm, across_mm)
    frame = _frame((rows, columns), spacing_mm)
    return Slice(
        plane="axial",
        hu=_framed(hu[:, :, shown].T, frame, beyond=AIR_HU),
        reference=_framed(outlined[:, :, shown].T, frame, beyond=Label.BACKGROUND),
        predicted=None,
        spacing_mm=spacing_mm,
    )


def _frame(box: tuple[slice, slice], spacing_mm: tuple[float, float]) -> list[slice]:
    """Put the smallest frame of `FRAME_MM`'s proportions around a box; it may reach beyond the image."""
    lengths_mm = [(part.stop - part.start) * step for part, step in zip(box, spacing_mm, strict=True)]
    larger = max(1.0, *(length / frame for length, frame in zip(lengths_mm, FRAME_MM, strict=True)))
    frame = []
    for part, step, length_mm in zip(box, spacing_mm, FRAME_MM, strict=True):
        size = round(larger * length_mm / step)
        start = (part.start + part.stop - size) // 2
        frame.append(slice(start, start + size))
    return frame


def _framed(image: NDArray[Any], frame: list[slice], *, beyond: int) -> NDArray[Any]:
    inside = tuple(slice(max(0, part.start), max(0, part.stop)) for part in frame)
    missing = [
        (max(0, -part.start), max(0, part.stop - length)) for part, length in zip(frame, image.shape, strict=True)
    ]
    return np.pad(image[inside], missing, constant_values=beyond)


def _cut(
    hu: NDArray[Any], reference: NDArray[Any], predicted: NDArray[Any], spacing_mm: NDArray[np.float64]
) -> list[Slice]:
    kidneys = reference != Label.BACKGROUND if reference.any() else predicted != Label.BACKGROUND
    box = _box((reference != Label.BACKGROUND) | (predicted != Label.BACKGROUND), spacing_mm)
    right_to_left, front_to_back, head_to_feet = (_largest(kidneys, axis) for axis in range(3))
    across, depth, length = spacing_mm.tolist()
    axial = (box[0], box[1], head_to_feet)
    coronal = (box[0], front_to_back, box[2])
    sagittal = (right_to_left, box[1], box[2])
    return [
        Slice("axial", hu[axial].T, reference[axial].T, predicted[axial].T, (depth, across)),
        Slice("coronal", hu[coronal].T, reference[coronal].T, predicted[coronal].T, (length, across)),
        Slice("sagittal", hu[sagittal].T, reference[sagittal].T, predicted[sagittal].T, (length, depth), ("A", "P")),
    ]


def _largest(kidneys: NDArray[np.bool_], axis: int) -> int:
    """The slice across an axis that shows the most of them; the middle one where there are none."""
    sizes = kidneys.sum(axis=tuple(other for other in range(3) if other != axis))
    return int(np.argmax(sizes)) if sizes.any() else len(sizes) // 2


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
