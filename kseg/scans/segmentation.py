"""How a label map becomes a DICOM segmentation of the series that it was drawn on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kseg.scans.scan import Scan


def write_dicom_seg(path: Path, label_map: NDArray[np.uint8], scan: Scan) -> None:
    """Write a label map as DICOM SEG; the file appears whole or not at all.

    Args:
        path: Where to; ends in `.dcm`.
        label_map: Integers of `kseg.labels.Label`, shape (X, Y, Z), as `scan.read()` gives the CT.
        scan: The DICOM series that it was drawn on.
    """
    raise NotImplementedError
