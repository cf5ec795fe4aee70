"""What does a DICOM file state of itself, its patient's fields left unread?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kseg.errors import InputError

SUFFIXES = ("", ".dcm", ".dicom", ".ima")
"""The ends of names under which DICOM is looked for where a file's start does not say that it is."""

PREAMBLE, MAGIC = 128, b"DICM"

TAGS = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "Modality", "ImageType", "NumberOfFrames"),
    *("AcquisitionNumber", "TemporalPositionIndex", "TemporalPositionIdentifier", "ContentTime"),
    *("Rows", "Columns", "SamplesPerPixel", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("RescaleSlope", "RescaleIntercept", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)
"""All that is read: where voxels lie, what they mean, of which series they are; nothing that names a patient."""

INDEX = "Media Storage Directory Storage"
CT_CLASSES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{number}"
    for number in ("2", "2.1", "2.2")  # one slice a file; many; many, converted from files of one
)
NO_VOLUME = frozenset({"LOCALIZER", "SCOUT", "MIP", "MINIP", "SCREEN SAVE"})
"""Values of ImageType by which CT images are overviews and projections, not slices."""


@dataclass(frozen=True)
class Header:
    """One DICOM file.

    Args:
        file: Its path.
        uid: Of the image.
        series: The UID of its series; the image's own where it states none.
        number: Of its series, by which a scanner's console lists it; None where it states none.
        kind: What it is, to be read: `CT Image Storage`.
        is_ct: Whether it holds slices of a CT: no overview, no projection, no picture of a report.
        packed: Whether its pixels are compressed.
        fields: pydicom's dataset, `TAGS` alone; None of what is no CT.
    """

    file: Path
    uid: str
    series: str
    number: int | None
    kind: str
    is_ct: bool
    packed: bool
    fields: Any


def read_header(file: Path) -> Header | None:
    """Read a file's header, if it is DICOM.

    Args:
        file: Any file.

    Returns:
        What it states; None where the file is no DICOM, or an index of other files (a DICOMDIR).

    Raises:
        InputError: It is DICOM by its start or its name, but damaged.
    """
    from pydicom import dcmread

    named = file.suffix.lower() in SUFFIXES[1:]
    try:
        with file.open("rb") as opened:
            begins = opened.read(PREAMBLE + len(MAGIC))[PREAMBLE:] == MAGIC
        if not begins and file.suffix.lower() not in SUFFIXES:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that are not as the standard writes them
            fields = dcmread(file, stop_before_pixels=True, force=not begins, specific_tags=list(TAGS))
            header = _header(file, fields)
    except Exception as error:  # on bytes that are no DICOM any error can be met
        if not named and not _is_dicom(file):
            return None
        came = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{file}: cannot be read as DICOM ({came}); copy or export it again") from error
    if header is not None:
        return None if header.kind == INDEX else header
    if not (begins or named):
        return None
    came = "is no whole DICOM file, it does not say what it is" if file.stat().st_size else "is empty, 0 bytes"
    raise InputError(f"{file}: {came}; copy or export it again")


def _header(file: Path, fields: Any) -> Header | None:
    """What is stated; None where it is not said what and which one it is."""
    meta = fields.file_meta
    sop_class = fields.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID")
    uid, syntax = fields.get("SOPInstanceUID") or meta.get("MediaStorageSOPInstanceUID"), meta.get("TransferSyntaxUID")
    if not (sop_class and uid):
        return None
    stated = fields.get("ImageType") or ()
    words = [stated] if isinstance(stated, str) else stated
    overview = next((str(word) for word in words if str(word).upper() in NO_VOLUME), "")
    is_ct = sop_class in CT_CLASSES and not overview
    number = str(fields.get("SeriesNumber"))
    return Header(
        file=file,
        uid=str(uid),
        series=str(fields.get("SeriesInstanceUID") or uid),
        number=int(number) if number.lstrip("-").isdecimal() else None,
        kind=overview or str(getattr(sop_class, "name", sop_class)),
        is_ct=is_ct,
        packed=bool(syntax is not None and syntax.is_compressed),
        fields=fields if is_ct else None,
    )


def _is_dicom(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(PREAMBLE + len(MAGIC))[PREAMBLE:] == MAGIC
    except OSError:
        return False
