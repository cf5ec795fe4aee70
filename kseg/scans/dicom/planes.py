"""Where does each slice of a DICOM file lie, and how do its numbers become Hounsfield units?"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.scans.dicom.header import Header

MAX_UNEVENNESS = 0.01
"""By so much the two directions of a slice may miss the length 1."""


@dataclass(frozen=True)
class Plane:
    """One slice.

    Args:
        file: In which it lies.
        frame: Which of the file's, from 0; None where the file holds one.
        place_mm: Of the middle of its first pixel, shape (3,), in DICOM's directions: to the left, the back, the head.
        along: The directions of its rows and columns, shape (2, 3), of length 1.
        step_mm: Between the pixels of a row, and between rows.
        size: Columns and rows.
        slope: Stored numbers are multiplied with it.
        intercept: Added to the product.
        packed: Whether its pixels are compressed.
        acquisition: The number of the run of the scanner in which it was taken; "" where that is not told.
        temporal: Which of the series' temporal positions it is of; "" where that is not told.
        content_time: When its image was made, hhmmss.ffffff; "" where that is not told.
    """

    file: Path
    frame: int | None
    place_mm: NDArray[np.float64]
    along: NDArray[np.float64]
    step_mm: tuple[float, float]
    size: tuple[int, int]
    slope: float
    intercept: float
    packed: bool
    acquisition: str = ""
    temporal: str = ""
    content_time: str = ""

    def told(self, folder: Path) -> str:
        """Its file from the series' folder on, with the frame's number, from 1, where the file holds several."""
        file = str(self.file.relative_to(folder))
        return file if self.frame is None else f"{file}, frame {self.frame + 1}"


def planes_of(header: Header) -> list[Plane]:
    """Find the slices of a file.

    Args:
        header: A CT's.

    Returns:
        One slice after the other, in the file's order.

    Raises:
        InputError: One of them does not say where it lies, how large its pixels are, or holds colours.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numbers that are not as the standard writes them
            return list(_planes(header))
    except InputError:
        raise
    except Exception as error:  # on damaged bytes any error can be met
        came = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{header.file}: its header is damaged ({came}); copy or export the series again") from error


def _planes(header: Header) -> Iterator[Plane]:
    fields = header.fields
    if (fields.get("SamplesPerPixel") or 1) != 1:
        raise InputError(f"{header.file}: holds colours, not single numbers; export the CT, not a picture of it")
    frames = fields.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        yield _plane(header, None, [fields])
        return
    shared = list(fields.get("SharedFunctionalGroupsSequence") or [])
    for number, groups in enumerate(frames):
        inner = [item for group in (groups, *shared) for sequence in group for item in _items(sequence)]
        yield _plane(header, number, inner)


def _items(element: Any) -> list[Any]:
    return list(element.value) if element.VR == "SQ" else []


def _plane(header: Header, frame: int | None, stated: list[Any]) -> Plane:
    file, fields = header.file, header.fields
    told = str(file) if frame is None else f"{file}, frame {frame + 1}"

    def numbers(name: str, count: int, default: tuple[float, ...] | None = None) -> NDArray[np.float64]:
        value = next((item.get(name) for item in stated if item.get(name) is not None), default)
        try:
            read = np.atleast_1d(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            read = np.empty(0)
        if read.shape != (count,) or not np.isfinite(read).all():
            came = "is missing" if value is None else f"is {value}"
            raise InputError(f"{told}: its {name} {came}; {count} numbers are needed, export the series again")
        return read

    def word(*names: str) -> str:
        found = (item.get(name) for name in names for item in [*stated, fields])
        return next((str(value) for value in found if value not in (None, "")), "")

    along = numbers("ImageOrientationPatient", 6).reshape(2, 3)
    length = np.linalg.norm(along, axis=1)
    if np.abs(length - 1).max() > MAX_UNEVENNESS:
        raise InputError(f"{told}: its ImageOrientationPatient is no direction; export the series again")
    between_rows, in_row = (float(step) for step in numbers("PixelSpacing", 2))
    columns, rows = int(fields.get("Columns") or 0), int(fields.get("Rows") or 0)
    (slope,), (intercept,) = numbers("RescaleSlope", 1, (1.0,)), numbers("RescaleIntercept", 1, (0.0,))
    return Plane(
        file=file,
        frame=frame,
        place_mm=numbers("ImagePositionPatient", 3),
        along=along / length[:, None],
        step_mm=(in_row, between_rows),
        size=(columns, rows),
        slope=float(slope),
        intercept=float(intercept),
        packed=header.packed,
        acquisition=word("FrameAcquisitionNumber", "AcquisitionNumber"),
        temporal=word("TemporalPositionIndex", "TemporalPositionIdentifier"),
        content_time=word("ContentTime"),
    )
