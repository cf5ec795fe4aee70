"""One CT that was handed in: read, outlined, looked at, measured, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Volume, write_atomically
from kseg.labels import Label
from kseg.metrics.measurement import measure
from kseg.metrics.score import is_divided
from kseg.metrics.sides import Sides, tell_sides_apart
from kseg.prediction.contrast import undivided, why_undivided
from kseg.prediction.doubts import doubts
from kseg.prediction.made import WARNINGS, Made
from kseg.prediction.outliner import Outliner
from kseg.report.figures import picture_png
from kseg.report.overlay import draw_planes
from kseg.report.slices import planes_of
from kseg.scans import Scan, remarks_on_ct, write_dicom_seg

NIFTI, DICOM_SEG = "nifti", "dicom_seg"


@dataclass(frozen=True)
class Wanted:
    """What is written of each CT, besides its label map as NIfTI and its row.

    Args:
        dicom_seg: Whether DICOM series get a DICOM SEG, too.
        window_hu: Of the picture: what is black and what is white.
    """

    dicom_seg: bool
    window_hu: Sequence[float]

    def __post_init__(self) -> None:
        """Refuse a window that shows nothing.

        Raises:
            InputError: It has not a lowest and a highest value.
        """
        ends = list(self.window_hu) if isinstance(self.window_hu, list | tuple) else []
        if not (len(ends) == 2 and all(isinstance(end, int | float) for end in ends) and ends[0] < ends[1]):
            raise InputError(f"window_hu is {self.window_hu}; a lowest and a highest value are needed")

    def files(self, made: Made, scan: Scan) -> list[Path]:
        """The files of one CT."""
        written = [made.label_map(scan.name), made.picture(scan.name)]
        return [*written, made.segmentation(scan.name)] if self.dicom_seg and scan.is_dicom else written


def outline_scan(scan: Scan, outliner: Outliner, made: Made, wanted: Wanted) -> dict[str, Any]:
    """Outline and measure one CT, and write its files; the row is for whoever keeps the table.

    Args:
        scan: The CT.
        outliner: Of the networks.
        made: Where its files go.
        wanted: Which files.

    Returns:
        Its row: what `kseg.metrics.measurement.measure` gives, and the warnings.

    Raises:
        InputError: It cannot be read, or is no CT.
    """
    ct = scan.read()
    warnings = [*scan.remarks, *remarks_on_ct(ct)]
    outlined = outliner.outline(ct)
    label_map = outlined.label_map
    if outliner.divided and (why := why_undivided(ct, label_map)):
        label_map = undivided(label_map)
        warnings.append(why)
    sides = tell_sides_apart(label_map != Label.BACKGROUND, ct.grid.affine, ct.voxels)
    warnings += [*doubts(sides, ct.grid), *outlined.remarks]
    _write(scan, ct, label_map, made, wanted)
    return {**_measured(label_map, sides, ct, outliner), WARNINGS: "; ".join(warnings)}


def _measured(label_map: NDArray[np.uint8], sides: Sides, ct: Volume, outliner: Outliner) -> dict[str, float]:
    return measure(label_map, sides, ct.grid.spacing_mm, divided=is_divided(label_map, outliner.divided))


def _write(scan: Scan, ct: Volume, label_map: NDArray[np.uint8], made: Made, wanted: Wanted) -> None:
    scan.write_label_map(made.label_map(scan.name), label_map, ct.grid)
    if wanted.dicom_seg and scan.is_dicom:
        write_dicom_seg(made.segmentation(scan.name), label_map, scan)
    drawn = draw_planes(planes_of(ct, label_map), wanted.window_hu)
    write_atomically(made.picture(scan.name), picture_png(drawn))
