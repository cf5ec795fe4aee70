"""Which CTs lie in a place: one file, one DICOM series, or a folder of any of them?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kseg.errors import InputError
from kseg.images import SUFFIXES
from kseg.printable import printable
from kseg.scans.dicom.grouping import group_series, name_series
from kseg.scans.dicom.header import Header, read_header
from kseg.scans.dicom.series import Series
from kseg.scans.scan import VOXELS_APART, Scan

TOLD = 3
"""So many files that are no CTs are named, the others are counted."""


@dataclass
class _Found:
    """What lies in a place.

    Args:
        images: Files that are CTs by their names.
        headers: DICOM files.
        damaged: DICOM files that cannot be read, and why.
        others: All other files.
        unlisted: Why a folder could not be listed.
    """

    images: list[Path] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    damaged: dict[Path, str] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)
    unlisted: list[OSError] = field(default_factory=list)


def list_scans(place: Path) -> tuple[list[Scan], list[str]]:
    """List the CTs of a place, broken ones too: those say so when they are read.

    Args:
        place: A NIfTI, NRRD, MetaImage or DICOM file, the folder of a DICOM series, or a folder of any of them, in
            folders too. Of a file of a series the series is taken.

    Returns:
        The scans, by name; and remarks, one line each: what was left out, and why.

    Raises:
        InputError: There is no such place, or no CT in it.
    """
    if not place.exists():
        raise InputError(f"{place}: no such file or folder")
    scans, remarks = _list_file(place) if place.is_file() else _list_folder(place)
    return [replace(scan, name=printable(scan.name)) for scan in scans], [*map(printable, remarks)]


def _list_folder(place: Path) -> tuple[list[Scan], list[str]]:
    found = _Found()
    _sort(_files_below(place, found), found)
    series, remarks = group_series(found.headers)
    scans = [Scan(_stem("_".join(file.relative_to(place).parts)), file) for file in found.images]
    scans += _scans(series, place, found.damaged)
    broken, told = _damaged(found.damaged, series, place)
    unlisted = [f"{error.filename}: cannot be listed ({error.strerror}); left out" for error in found.unlisted]
    scans, remarks = scans + broken, [*remarks, *told, *unlisted, *_strays(place, found)]
    if not scans:
        needed = f"{place}: holds no CT; {', '.join(SUFFIXES)} and DICOM series can be read"
        raise InputError([needed, *remarks])
    return sorted(scans, key=lambda scan: (scan.name, str(scan.place))), remarks


def _list_file(file: Path) -> tuple[list[Scan], list[str]]:
    if file.name.lower().endswith(SUFFIXES):
        return [Scan(_stem(file.name), file)], []
    header = read_header(file)
    if header is None:
        raise InputError(f"{file}: only {', '.join(SUFFIXES)} and DICOM can be read; export it as one of these")
    if not header.is_ct:
        raise InputError(f"{file}: {header.kind}, no slices of a CT")
    beside = _Found()
    _sort(sorted(path for path in file.parent.iterdir() if path.is_file()), beside)
    those = [other for other in beside.headers if other.is_ct and other.series == header.series]
    series, remarks = group_series(those)
    _, told = _damaged(beside.damaged, series, file.parent)
    return _scans(series, file.parent, beside.damaged), [*remarks, *told]


def _scans(series: Sequence[Series], place: Path, damaged: Mapping[Path, str]) -> list[Scan]:
    """A scan a series, with its name; what is damaged beside its slices may be one of them."""
    scans = []
    for name, one in zip(name_series(series, place), series, strict=True):
        folders = {file.parent for file in one.files}
        beside = {file: why for file, why in damaged.items() if file.parent in folders}
        remarks = (_left_out(why.replace(str(file), str(file.relative_to(one.folder)))) for file, why in beside.items())
        scans.append(Scan(name, one.folder, one, remarks=tuple(map(printable, remarks))))
    return scans


def _left_out(why: str) -> str:
    return f"{why}; it is left out"


def _files_below(place: Path, found: _Found) -> Iterator[Path]:
    """All files, each folder once though links may lead back to it; hidden ones are left alone."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(place, followlinks=True, onerror=found.unlisted.append):
        real = os.path.realpath(folder)
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        if real not in seen:
            yield from (Path(folder) / name for name in sorted(files) if not name.startswith("."))
        seen.add(real)


def _sort(files: Iterable[Path], found: _Found) -> None:
    for file in files:
        if file.exists() and not file.is_file():  # a pipe would be waited for
            found.others.append(file)
            continue
        if file.name.lower().endswith(SUFFIXES):
            found.images.append(file)
            continue
        try:
            header = read_header(file)
        except InputError as error:
            found.damaged[file] = str(error)
            continue
        if header is not None:
            found.headers.append(header)
        else:
            found.others.append(file)


def _damaged(damaged: dict[Path, str], series: Sequence[Series], place: Path) -> tuple[list[Scan], list[str]]:
    """A damaged file beside slices is remarked; a folder of damaged files alone is a scan that cannot be read."""
    beside = {file.parent for one in series for file in one.files}
    remarks = [_left_out(why) for file, why in damaged.items() if file.parent in beside]
    alone: dict[Path, list[Path]] = {}
    for file in damaged:
        if file.parent not in beside:
            alone.setdefault(file.parent, []).append(file)
    scans = []
    for folder, files in alone.items():
        called = files[0].with_suffix("") if len(files) == 1 else folder
        name = "_".join(called.relative_to(place).parts) or place.resolve().name
        more = f" ({len(files)} files of this folder cannot be read)" if len(files) > 1 else ""
        scans.append(Scan(name, folder, broken=damaged[files[0]] + more))
    return scans, remarks


def _strays(place: Path, found: _Found) -> list[str]:
    headers = {file.with_suffix("") for file in found.images}
    others = [
        str(file.relative_to(place))
        for file in found.others
        if not (file.suffix.lower() in VOXELS_APART and file.with_suffix("") in headers) and file.name != "DICOMDIR"
    ]
    if not others:
        return []
    more = f" and {len(others) - TOLD} more" if len(others) > TOLD else ""
    return [f"{place}: {', '.join(others[:TOLD])}{more}: no CT by name or content; left alone"]


def _stem(name: str) -> str:
    return next(name[: -len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix))
