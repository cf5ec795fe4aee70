"""Which CTs lie in a place: one file, one DICOM series, or a folder of any of them?"""

from __future__ import annotations

from pathlib import Path

from kseg.errors import InputError
from kseg.images import SUFFIXES, suffix_of
from kseg.scans.scan import Scan


def list_scans(place: Path) -> tuple[list[Scan], list[str]]:
    """List the CTs of a place, broken ones too: those say so when they are read.

    Args:
        place: A NIfTI, NRRD, MetaImage or DICOM file, the folder of a DICOM series, or a folder of any of them, in
            folders too.

    Returns:
        The scans, by name; and remarks, one line each: what was left out, and why.

    Raises:
        InputError: There is no such place, or no CT in it.
    """
    if not place.exists():
        raise InputError(f"{place}: no such file or folder")
    if place.is_file():
        return [Scan(place.name[: -len(suffix_of(place))], place)], []
    files = sorted(file for file in place.rglob("*") if file.name.lower().endswith(SUFFIXES))
    scans = [Scan("_".join(file.relative_to(place).parts)[: -len(suffix_of(file))], file) for file in files]
    if not scans:
        raise InputError(f"{place}: holds no CT; {', '.join(SUFFIXES)} and DICOM series can be read")
    return scans, []
