"""How is one case written for nnU-Net?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.clinical.cohort import Case
from kseg.errors import InputError
from kseg.images import read_volume, write_nifti
from kseg.labels import Label
from kseg.outlines import read_outlines

DIVIDED_LABELS = {"background": 0, "medulla": int(Label.MEDULLA), "cortex": int(Label.CORTEX)}
WHOLE_LABELS = {"background": 0, "parenchyma": 1}
IGNORE = int(Label.UNDIVIDED)
"""nnU-Net's label of voxels that are not learnt from: the highest, as it demands."""


def write_case(case: Case, image: Path, label: Path, *, labels: dict[str, int]) -> bool:
    """Write a CT and its label map anew, so that nothing of the source's header but its geometry goes along.

    Args:
        case: What to write.
        image: Where its CT goes; int16 where that holds every value, else int32 or float32.
        label: Where its label map goes, uint8 on the CT's grid; written last, so that a case that has one is whole.
        labels: `DIVIDED_LABELS` or `WHOLE_LABELS`.

    Returns:
        Whether parenchyma in it is not divided into cortex and medulla: it is `IGNORE`, or counts as parenchyma.

    Raises:
        InputError: A file cannot be read, or the outlines lie on another grid than the CT.
    """
    if image.is_file() and label.is_file():
        return labels == WHOLE_LABELS or bool(np.any(read_volume(label).voxels == IGNORE))
    ct, drawn = read_volume(case.image), read_outlines(case.parenchyma, case.cortex)
    if not drawn.grid.same_as(ct.grid):
        raise InputError(f"its outlines lie on another grid than {case.image}; export them on the CT's own grid")
    label_map = drawn.voxels
    write_nifti(image, as_stored(ct.voxels), ct.grid)
    write_nifti(label, (label_map > 0).astype(np.uint8) if labels == WHOLE_LABELS else label_map, ct.grid)
    return bool(np.any(label_map == Label.UNDIVIDED))


def is_divided(case: Case) -> bool:
    """Whether cortex and medulla are told apart anywhere in a case; its outlines are read only where they may not be.

    Raises:
        InputError: A file cannot be read.
    """
    if case.cortex is None or not case.cortex.undecided:
        return case.cortex is not None
    return bool(np.isin(read_outlines(case.parenchyma, case.cortex).voxels, (Label.MEDULLA, Label.CORTEX)).any())


def as_stored(voxels: NDArray[Any]) -> NDArray[Any]:
    """Choose the smallest type that holds every value.

    Args:
        voxels: Of a CT, any shape and type.

    Returns:
        int16 or int32 where all are whole numbers within its limits, else float32.
    """
    whole = voxels.dtype.kind in "iu" or np.array_equal(voxels, np.rint(voxels))
    for kind in (np.int16, np.int32):
        limits = np.iinfo(kind)
        if whole and limits.min <= voxels.min() and voxels.max() <= limits.max:
            return voxels.astype(kind)
    return voxels.astype(np.float32)
