"""Do the slices of a series lie on one another several times, once for each phase of the contrast?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

import numpy as np

from kseg.errors import InputError
from kseg.images.geometry import MAX_SHEAR_DEGREES
from kseg.scans.ct import FEWEST_VOXELS
from kseg.scans.dicom.planes import Plane
from kseg.scans.dicom.series import Series
from kseg.scans.dicom.stack import SAME_MM, degrees_between, stack

SHARED = 0.5
"""Phases cover at least this share of the shorter one's length together; parts that share less follow upon one another,
and a kidney may be cut where they meet."""

Parts = dict[str, list[Plane]]


def phases_of(series: Series) -> list[Series]:
    """Take a series of several phases apart.

    Phases are told by the AcquisitionNumber, else by the temporal position; where slices tell no AcquisitionNumber
    also by the ContentTime, if whole phases follow upon one another in time.

    Args:
        series: A whole one.

    Returns:
        A series a phase, by their numbers: each an evenly spaced volume, and all of the same places. None where the
        series is nothing like that.
    """
    try:
        planes = series.planes()
    except InputError:  # it is told when the series is read
        return []
    ways: tuple[Callable[[Sequence[Plane]], Parts], ...] = (_by_acquisition, _by_temporal_position, _by_content_time)
    parts = next((parts for way in ways if _are_phases(series, parts := way(planes))), {})
    return [_phase(series, name, part) for name, part in parts.items()]


def _phase(series: Series, name: str, part: Sequence[Plane]) -> Series:
    files = {plane.file for plane in part}
    headers = tuple(header for header in series.headers if header.file in files)
    return Series(series.folder, headers, name, frozenset((plane.file, plane.frame) for plane in part))


def _by_acquisition(planes: Sequence[Plane]) -> Parts:
    return _numbered("acq", [plane.acquisition for plane in planes], planes)


def _by_temporal_position(planes: Sequence[Plane]) -> Parts:
    return _numbered("phase", [plane.temporal for plane in planes], planes)


def _by_content_time(planes: Sequence[Plane]) -> Parts:
    """Of the slices of each place the first ones are of the first phase, unless a later phase began before its end."""
    if any(plane.acquisition or not plane.content_time.replace(".", "", 1).isdecimal() for plane in planes):
        return {}
    normal = np.cross(*planes[0].along)
    places: dict[int, list[Plane]] = {}
    for plane in sorted(planes, key=lambda plane: float(plane.content_time)):
        places.setdefault(round(float(plane.place_mm @ normal) / SAME_MM), []).append(plane)
    phases = [list(phase) for phase in zip(*places.values(), strict=False)]
    times = [sorted(float(plane.content_time) for plane in phase) for phase in phases]
    apart = all(one[-1] < other[0] for one, other in pairwise(times))
    whole = sum(map(len, phases)) == len(planes)
    return {f"time{number}": phase for number, phase in enumerate(phases, 1)} if apart and whole else {}


def _numbered(word: str, numbers: Sequence[str], planes: Sequence[Plane]) -> Parts:
    if not all(number.isdecimal() for number in numbers):
        return {}
    parts: Parts = {f"{word}{number}": [] for number in sorted(set(map(int, numbers)))}
    for number, plane in zip(numbers, planes, strict=True):
        parts[f"{word}{int(number)}"].append(plane)
    return parts


def _are_phases(series: Series, parts: Parts) -> bool:
    if len(parts) < 2 or min(map(len, parts.values())) < FEWEST_VOXELS:
        return False
    try:
        stacked = [stack(series.folder, part)[0] for part in parts.values()]
    except InputError:
        return False
    return all(_share_places(one, other) for one, other in combinations(stacked, 2))


def _share_places(one: Sequence[Plane], other: Sequence[Plane]) -> bool:
    if degrees_between(one[0].along, other[0].along) > MAX_SHEAR_DEGREES:
        return False
    normal = np.cross(*one[0].along)
    (low, high), (other_low, other_high) = (
        (part[0].place_mm @ normal, part[-1].place_mm @ normal) for part in (one, other)
    )
    shorter = min(high - low, other_high - other_low)
    return bool(min(high, other_high) - max(low, other_low) >= SHARED * shorter)
