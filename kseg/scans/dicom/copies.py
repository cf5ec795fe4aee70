"""Which files of a series are copies of others, and which only claim to be?"""

from __future__ import annotations

import filecmp
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from kseg.scans.dicom.header import Header


def without_copies(headers: Sequence[Header]) -> tuple[list[Header], str]:
    """Leave out images that are there already: of the same SOPInstanceUID, with the same pixels, byte for byte.

    Args:
        headers: Of one series, in order.

    Returns:
        One file an image, the first of its copies; and why the series cannot be read, where images of one
        SOPInstanceUID differ in their pixels, else "": two patients may have been anonymised alike, and all files that
        differ are kept.
    """
    kept: list[Header] = []
    first: dict[str, Header] = {}
    clashes: list[tuple[Header, Header]] = []
    for header in headers:
        known = first.setdefault(header.uid, header)
        if known is header:
            kept.append(header)
        elif not _same_pixels(known.file, header.file):
            kept.append(header)
            clashes.append((known, header))
    return kept, _told(clashes, headers) if clashes else ""


def _told(clashes: Sequence[tuple[Header, Header]], headers: Sequence[Header]) -> str:
    folder = os.path.commonpath([header.file.parent for header in headers])
    one, other = (str(header.file.relative_to(folder)) for header in clashes[0])
    came = f"{one} and {other} have one SOPInstanceUID and other pixels, {len(clashes)} files in all"
    return f"{came}; are these two patients, or one CT twice? Hand in one of them by itself"


def _same_pixels(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False) or _pixels(one) == _pixels(other) is not None
    except Exception:  # on damaged bytes any error can be met
        return False


def _pixels(file: Path) -> bytes | None:
    from pydicom import dcmread

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a scanner wrote not quite as the standard has it
        stored: bytes | None = dcmread(file, force=True, specific_tags=["PixelData"]).get("PixelData")
    return stored
