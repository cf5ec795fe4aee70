"""A CT's file in, a label map's file out."""

from __future__ import annotations

from pathlib import Path

from kseg.images import read_volume, write_label_map
from kseg.prediction.outliner import Outlined, Outliner


def predict_file(ct: Path, output: Path, outliner: Outliner) -> Outlined:
    """Label one CT and write the label map; it has the CT's shape, affine and orientation, exactly.

    Args:
        ct: A NIfTI or NRRD file.
        output: The label map's file.
        outliner: Of the networks.

    Returns:
        What was written, and how it came about.

    Raises:
        InputError: The CT cannot be read.
    """
    outlined = outliner.outline(read_volume(ct))
    write_label_map(output, outlined.label_map, ct)
    return outlined
