"""Do slices lie on one another so that they are a volume?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Grid
from kseg.images.geometry import MAX_SHEAR_DEGREES, place_voxels
from kseg.scans.dicom.planes import Plane

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""DICOM counts millimetres to the left and the back, kseg to the right and the front."""

MAX_OFF = 0.1
"""By this share of the distance between slices one may lie off its place: positions are rounded, some to 0.1 mm."""

MAX_ASIDE = 0.5
"""By this share of a pixel it may lie aside."""

SAME_MM = 0.01
"""Slices that are no further apart lie in the same place."""

MISSING = 1.5
"""Where the gap between two slices is wider than so many usual ones, one or more are missing."""

FEW = 0.25
"""Of all gaps; where more of them are wide, slices are uneven rather than missing."""


def stack(folder: Path, planes: Sequence[Plane]) -> tuple[list[Plane], Grid]:
    """Put slices in order, along the right-handed normal of their planes, and place them in the patient.

    Args:
        folder: Of the series, to name it.
        planes: Its slices, in any order.

    Returns:
        The slices in order, and their grid: columns, rows, slices.

    Raises:
        InputError: They differ in size, pixels or direction; one is missing, there twice, or off its place; the gantry
            was tilted; or slices of several phases alternate. The slice's position is told in mm, along the direction
            to which the slices face.
    """
    _refuse_mixed(folder, planes)
    normal = np.cross(*planes[0].along)
    heights = np.array([plane.place_mm @ normal for plane in planes])
    order = np.argsort(heights, kind="stable")
    planes, heights = [planes[index] for index in order], heights[order]
    sign = float(np.sign(normal[np.abs(normal).argmax()]))  # so that axial slices are called by the table's position
    _refuse_uneven(folder, planes, heights, sign)
    _refuse_interleaved(folder, planes, sign * heights)
    places = np.array([plane.place_mm for plane in planes])
    step = (places[-1] - places[0]) / (len(planes) - 1)
    _refuse_tilted(folder, step, normal, sign * heights)
    _refuse_aside(folder, places, step, planes[0], sign * heights)
    return planes, _grid(folder, planes, step)


def _grid(folder: Path, planes: Sequence[Plane], step: NDArray[np.float64]) -> Grid:
    first = planes[0]
    affine = np.eye(4)
    affine[:3, :2] = first.along.T * first.step_mm
    affine[:3, 2], affine[:3, 3] = step, first.place_mm
    return place_voxels(folder, (*first.size, len(planes)), TO_RAS @ affine)


def _refuse_mixed(folder: Path, planes: Sequence[Plane]) -> None:
    first = planes[0]
    if len(planes) < 2:
        raise InputError(f"{folder}: {first.told(folder)} is a single slice; export the whole series")
    for plane in planes:
        one, other = f"{first.told(folder)} has", plane.told(folder)
        if plane.size != first.size:
            came = f"{one} {_by(first.size)} pixels, {other} {_by(plane.size)}"
        elif not np.allclose(plane.step_mm, first.step_mm, rtol=1e-3):
            came = f"{one} pixels of {_by(first.step_mm)} mm, {other} of {_by(plane.step_mm)} mm"
        elif (degrees := degrees_between(plane.along, first.along)) > MAX_SHEAR_DEGREES:
            came = f"{first.told(folder)} and {other} are turned by {degrees:.1f} degrees"
        else:
            continue
        raise InputError(f"{folder}: {came}; one volume is needed, export one reconstruction by itself")


def _refuse_uneven(folder: Path, planes: Sequence[Plane], heights: NDArray[np.float64], sign: float) -> None:
    gaps, told = np.diff(heights), sign * heights
    if (twice := np.flatnonzero(gaps < SAME_MM)).size:
        one, other = (planes[index].told(folder) for index in (twice[0], twice[0] + 1))
        came = f"{_count(len(twice), 'slice')} more than places, the first at {_mm(told[twice[0]])} ({one} and {other})"
        raise InputError(f"{folder}: {came}; are these several phases or repeats? Export one by itself")
    usual = float(np.quantile(gaps, 0.5, method="lower"))
    wide = np.flatnonzero(gaps > MISSING * usual)
    if 0 < len(wide) <= max(1, FEW * len(gaps)):
        lost = int(np.rint(gaps[wide] / usual - 1).sum())
        between = ", ".join(f"between {_mm(told[index])} and {_mm(told[index + 1])}" for index in wide[:3])
        more = f" and in {len(wide) - 3} other places" if len(wide) > 3 else ""
        came = f"{_count(max(1, lost), 'slice')} missing {between}{more}"
        raise InputError(f"{folder}: {came}, where {usual:.3g} mm apart is usual; copy or export the series again")
    off = np.abs(heights - np.linspace(heights[0], heights[-1], len(heights)))
    if off.max() > MAX_OFF * usual:
        gap = int(np.abs(gaps - usual).argmax())
        came = f"slices are {gaps[gap]:.3g} mm apart at {_mm(told[gap])}, {usual:.3g} mm elsewhere"
        raise InputError(f"{folder}: {came}; one distance is needed, export slices that are evenly apart")


def _refuse_interleaved(folder: Path, planes: Sequence[Plane], told: NDArray[np.float64]) -> None:
    """Phases whose places lie between one another's look like one volume; runs that follow upon one another are one."""
    numbers = [plane.acquisition for plane in planes]
    ended: set[str] = set()
    for index in range(1, len(numbers)):
        if numbers[index] != numbers[index - 1]:
            ended.add(numbers[index - 1])
        if numbers[index] in ended:
            came = f"acquisitions {numbers[index - 1] or '?'} and {numbers[index] or '?'} alternate"
            need = "one volume is needed, export one phase by itself"
            raise InputError(f"{folder}: slices of {came} at {_mm(told[index])}; {need}")


def _refuse_tilted(
    folder: Path, step: NDArray[np.float64], normal: NDArray[np.float64], told: NDArray[np.float64]
) -> None:
    degrees = float(np.degrees(np.arccos(np.clip(step @ normal / np.linalg.norm(step), -1, 1))))
    if degrees > MAX_SHEAR_DEGREES:
        where = f"from {_mm(told[0])} to {_mm(told[-1])}"
        came = f"the gantry was tilted by {degrees:.1f} degrees, slices move aside {where}"
        raise InputError(f"{folder}: {came}; export a reconstruction with straight slices, or resample it onto one")


def _refuse_aside(
    folder: Path, places: NDArray[np.float64], step: NDArray[np.float64], first: Plane, told: NDArray[np.float64]
) -> None:
    off = places - places[0] - np.arange(len(places))[:, None] * step
    aside = np.abs(off @ first.along.T) / first.step_mm
    if aside.max() > MAX_ASIDE:
        index = int(aside.max(axis=1).argmax())
        off_mm = float(np.linalg.norm(off[index]))
        came = f"the slice at {_mm(told[index])} lies {off_mm:.3g} mm beside the others"
        raise InputError(f"{folder}: {came}; export the series again")


def degrees_between(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """By how much the directions of rows or columns differ, whichever does more.

    Args:
        one: Of one slice, shape (2, 3), of length 1.
        other: Of another.

    Returns:
        In degrees.
    """
    return float(np.degrees(np.arccos(np.clip((one * other).sum(axis=1), -1, 1)).max()))


def _by(numbers: Sequence[float]) -> str:
    return " x ".join(f"{number:.4g}" for number in numbers)


def _mm(place: float) -> str:
    return f"{round(float(place), 2):g} mm"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
