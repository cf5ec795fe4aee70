"""Which integer stands for which part of the kidney."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

STRUCTURES = ("parenchyma", "cortex", "medulla")
"""What is scored, in the order of tables. The medulla is the parenchyma minus the cortex, never drawn."""

OUTLINED = ("parenchyma", "cortex")
"""Those that are drawn: by them checkpoints are chosen and runs compared. The medulla follows from them."""

ALL = "all"
"""In tables by group, the row of all patients, those without a group included."""

BOTH_SIDES = "both"
"""In tables by side, the row of the patient's two kidneys as one; the patient is the statistical unit."""


class Label(IntEnum):
    """The integers of a label map."""

    BACKGROUND = 0
    MEDULLA = 1
    CORTEX = 2
    UNDIVIDED = 3
    """Parenchyma that is not divided further: no cortex outline, or no contrast."""


STRUCTURE_LABELS: dict[str, tuple[Label, ...]] = {
    "parenchyma": (Label.MEDULLA, Label.CORTEX, Label.UNDIVIDED),
    "cortex": (Label.CORTEX,),
    "medulla": (Label.MEDULLA,),
}


def label_map(
    parenchyma: NDArray[np.bool_], cortex: NDArray[np.bool_] | None, undecided: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Join two outlines of one grid into a label map.

    Args:
        parenchyma: True inside the renal parenchyma, any shape.
        cortex: True inside the cortex, the same shape; what lies outside the parenchyma is dropped.
            None where no cortex was outlined: the parenchyma is then `Label.UNDIVIDED`.
        undecided: True where nobody has said whether the parenchyma is cortex: it is `Label.UNDIVIDED` there.

    Returns:
        The label map, of the masks' shape.
    """
    if cortex is None:
        return parenchyma.astype(np.uint8) * np.uint8(Label.UNDIVIDED)
    divided = parenchyma.astype(np.uint8) * np.uint8(Label.MEDULLA) + (parenchyma & cortex).astype(np.uint8)
    if undecided is not None:
        divided[parenchyma & undecided] = Label.UNDIVIDED
    return divided


def structure_mask(label_map: Any, structure: str) -> Any:
    """Cut one structure out of a label map.

    Args:
        label_map: Integers of any shape; a NumPy array or a torch tensor.
        structure: One of `STRUCTURES`.

    Returns:
        Booleans of the same shape and kind.
    """
    first, *others = STRUCTURE_LABELS[structure]
    mask = label_map == int(first)
    for label in others:
        mask = mask | (label_map == int(label))
    return mask
