"""How a label map becomes a DICOM segmentation of the series that it was drawn on."""

from __future__ import annotations

import io
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.labels import Label
from kseg.scans.dicom.planes import Plane
from kseg.scans.scan import Scan

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription

KIDNEY = ("64033007", "SCT", "Kidney")
CODES = {
    Label.MEDULLA: ("Renal medulla", KIDNEY),
    Label.CORTEX: ("Renal cortex", ("50403003", "SCT", "Cortex of kidney")),
    Label.UNDIVIDED: ("Renal parenchyma", KIDNEY),
}
"""What a segment is called, and its SNOMED CT code: the cortex's as in HL7's mCODE (radiotherapy locations, TG-263),
the kidney's as in DICOM's CID 7192; medulla and undivided parenchyma are told apart by what they are called."""

ANATOMY = ("91723000", "SCT", "Anatomical Structure")
COLOURS = {Label.MEDULLA: (90, 130, 200), Label.CORTEX: (220, 90, 60), Label.UNDIVIDED: (230, 200, 80)}
"""Colours in which a viewer shows a segment at first, in RGB of 0 to 255."""

MAY_BE_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("AccessionNumber", "StudyID", "StudyDate", "StudyTime"),
)
"""Of patient and study: of type 2 in DICOM, part 3, C.7.1.1 and C.7.2.1. Programs that anonymise remove them."""

SEXES = ("M", "F", "O", "")
"""Those of DICOM, part 3, C.7.1.1."""

SERIES_NUMBER = 900
"""Of what is derived, far from a scanner's own."""

SERIES_DESCRIPTION = "kseg kidney outlines"
"""By which viewers list it; no more than 64 letters."""


def write_dicom_seg(path: Path, label_map: NDArray[np.uint8], scan: Scan) -> None:
    """Write a label map as DICOM SEG, a binary segment a structure; the file appears whole or not at all.

    Where nothing is outlined the parenchyma is a segment without a voxel, in the lowest slice: a SEG without a segment
    is none.

    A SEG belongs to the patient and the study of its series: DICOM wants the patient's name and number in it, and they
    are copied from the series as they are, into this file alone.

    Args:
        path: Where to; ends in `.dcm`.
        label_map: Integers of `kseg.labels.Label`, shape (X, Y, Z), as `scan.read()` gives the CT.
        scan: The DICOM series that it was drawn on.

    Raises:
        InputError: The series cannot be read any more, or lacks what a SEG needs.
        ValueError: The scan is no DICOM series, or the label map has another shape.
    """
    if scan.series is None:
        raise ValueError(f"{scan.name}: is no DICOM series; its label map is written as NIfTI")
    planes, grid = scan.series.slices()
    if label_map.shape != grid.shape:
        raise ValueError(f"{path}: a label map of shape {label_map.shape} does not fit {scan.name} of {grid.shape}")
    drawn = [label for label in CODES if (label_map == label).any()] or [Label.UNDIVIDED]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a scanner wrote not quite as the standard has it
        content = io.BytesIO()
        _segmentation(label_map.T, drawn, planes, scan).save_as(content)
    write_atomically(path, content.getvalue())


def _segmentation(slices: NDArray[np.uint8], drawn: list[Label], planes: list[Plane], scan: Scan) -> Any:
    """Of slices of shape (Z, Y, X), in the order of the planes; of files of one slice, those that show something."""
    import highdicom
    from pydicom import dcmread
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    if planes[0].frame is None:
        shown = np.flatnonzero(slices.any(axis=(1, 2))) if slices.any() else np.arange(1)
    else:
        shown = np.argsort([plane.frame or 0 for plane in planes])
    numbers = np.zeros(max(Label) + 1, np.uint8)
    numbers[drawn] = np.arange(1, len(drawn) + 1)
    files = dict.fromkeys(planes[index].file for index in shown)
    sources = [_completed(dcmread(file, stop_before_pixels=True, force=True)) for file in files]
    positions = None
    if scan.series is not None and scan.series.phase and planes[0].frame is not None:  # not all frames of its file
        positions = [highdicom.PlanePositionSequence("PATIENT", planes[index].place_mm.tolist()) for index in shown]
    release = version("kseg")
    try:
        return highdicom.seg.Segmentation(
            source_images=sources,
            pixel_array=numbers[slices[shown]],
            plane_positions=positions,
            segmentation_type="BINARY",
            segment_descriptions=[_described(number, label, release) for number, label in enumerate(drawn, 1)],
            series_instance_uid=generate_uid(prefix=None),
            series_number=SERIES_NUMBER,
            series_description=SERIES_DESCRIPTION,
            sop_instance_uid=generate_uid(prefix=None),
            instance_number=1,
            manufacturer="kseg",
            manufacturer_model_name="kseg",
            software_versions=release,
            device_serial_number="0",
            content_label="KIDNEYS",
            content_description="Renal cortex and medulla, outlined by a network",
            transfer_syntax_uid=ExplicitVRLittleEndian,
            omit_empty_frames=bool(slices.any()),
        )
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{scan.place}: no DICOM SEG can be made of it ({error}); format=nifti can") from error


def _completed(source: Any) -> Any:
    """Leave empty what may be empty (type 2) and was taken out, or is written otherwise than the standard has it."""
    for keyword in MAY_BE_EMPTY:
        if keyword not in source:
            setattr(source, keyword, "")
    if source.PatientSex not in SEXES:
        source.PatientSex = ""
    return source


def _described(number: int, label: Label, release: str) -> SegmentDescription:
    import highdicom
    from highdicom.sr import CodedConcept

    name, code = CODES[label]
    family = CodedConcept("123110", "DCM", "Artificial Intelligence")
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=CodedConcept(*ANATOMY),
        segmented_property_type=CodedConcept(*code),
        algorithm_type="AUTOMATIC",
        algorithm_identification=highdicom.AlgorithmIdentificationSequence("kseg", family, release),
        display_color=highdicom.color.CIELabColor.from_rgb(*COLOURS[label]),
    )
