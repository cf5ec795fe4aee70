"""Which DICOM files are one series, and which series are CTs?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kseg.scans.ct import FEWEST_VOXELS
from kseg.scans.dicom.copies import without_copies
from kseg.scans.dicom.header import Header
from kseg.scans.dicom.phases import phases_of
from kseg.scans.dicom.series import Series


def group_series(headers: Iterable[Header]) -> tuple[list[Series], list[str]]:
    """Put files together that are of one series, wherever they lie.

    Args:
        headers: Of DICOM files of any kind.

    Returns:
        The series that hold slices of a CT, by folder and number, those of too few places only where there are no
        others, several phases of a series one by one; and remarks, one line each: what else there is.
    """
    slices: dict[str, list[Header]] = {}
    others: dict[tuple[str, str], list[Header]] = {}
    for header in sorted(headers, key=lambda header: header.file):
        if header.is_ct:
            slices.setdefault(header.series, []).append(header)
        else:
            others.setdefault((header.series, header.kind), []).append(header)
    remarks = [_left_out(what, files) for (_, what), files in others.items()]
    series = []
    for files in slices.values():
        once, clash = without_copies(files)
        folder = _folder(files if clash else once)
        series.append(Series(folder, tuple(once), broken=clash and f"{folder}: {clash}"))
        if len(once) < len(files):
            came = f"{len(files) - len(once)} of {len(files)} files repeat others of their series"
            remarks.append(f"{_called(files)}: {came}; they are left out")
    long = [one for one in series if one.places >= FEWEST_VOXELS]
    if long:
        remarks += [_too_short(one) for one in series if one not in long]
    taken = sorted(long or series, key=_place)
    phased = [(one, phases_of(one)) for one in taken]
    remarks += _several(taken) + [_phases(one, phases) for one, phases in phased if phases]
    return [phase for one, phases in phased for phase in phases or [one]], remarks


def name_series(series: Sequence[Series], place: Path) -> list[str]:
    """Name series by their folders, and by their numbers where a folder holds several; those of one file by it.

    Args:
        series: As `group_series` gives them.
        place: The folder that was handed in.

    Returns:
        A name a series, all different.
    """
    named: list[str] = []
    for one in series:
        alone = len(one.files) == 1
        called = one.files[0].with_suffix("") if alone else one.folder
        name = "_".join(called.relative_to(place).parts) or place.resolve().name or "ct"
        beside = {other.headers[0].series for other in series if other.folder == one.folder}
        if not alone and len(beside) > 1 and one.number is not None:
            name = f"{name}_{one.number}"
        if one.phase:
            name = f"{name}_{one.phase}"
        alike = 1
        while (name if alike == 1 else f"{name}-{alike}") in named:
            alike += 1
        named.append(name if alike == 1 else f"{name}-{alike}")
    return named


def _place(series: Series) -> tuple[str, int, str]:
    return str(series.folder), -1 if series.number is None else series.number, series.headers[0].series


def _folder(files: Sequence[Header]) -> Path:
    return Path(os.path.commonpath([header.file.parent for header in files]))


def _called(files: Sequence[Header]) -> str:
    number = files[0].number
    return str(_folder(files)) + (f", series {number}" if number is not None else "")


def _several(series: Sequence[Series]) -> list[str]:
    by_folder: dict[Path, list[Series]] = {}
    for one in series:
        by_folder.setdefault(one.folder, []).append(one)
    return [
        f"{folder}: holds {len(those)} series of a CT, all are taken: "
        + ", ".join(f"{'no number' if one.number is None else one.number} ({_places(one)})" for one in those)
        for folder, those in by_folder.items()
        if len(those) > 1
    ]


def _phases(series: Series, phases: Sequence[Series]) -> str:
    listed = ", ".join(f"{one.phase} ({_places(one)})" for one in phases)
    return f"{_called(series.headers)}: holds {len(phases)} phases of the same places, each is taken for a CT: {listed}"


def _too_short(series: Series) -> str:
    came = f"a CT of {_places(series)}, too few for kidneys"
    return f"{_called(series.headers)}: {came}, {_count(len(series.headers))}; left out"


def _places(series: Series) -> str:
    return f"{series.places} place{'s' * (series.places != 1)}"


def _count(files: int) -> str:
    return f"{files} file{'s' * (files > 1)}"


def _left_out(what: str, files: Sequence[Header]) -> str:
    return f"{_called(files)}: {what}, {_count(len(files))}, no slices of a CT; left out"
