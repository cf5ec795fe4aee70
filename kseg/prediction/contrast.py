"""Can cortex and medulla be told apart by their brightness in this CT?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kseg.images import Volume, bounding_box
from kseg.labels import Label

BELOW_MM = 2.0
"""Only what lies about this deep below the parenchyma's surface is looked at: the rest is mixed with fat."""

ENHANCED_HU = 60.0
"""The parenchyma's median is 14 to 40 HU without contrast; with it, 80 at least among the phantom's and a clinic's
patients, the severely diseased ones included."""

DIFFERENCE_HU = 10.0
"""In the arterial phase the cortex's median lies further above the medulla's, by 16 HU at least among those patients.
In the venous phase, and without contrast, both are alike."""

BONE_HU, BONE_SHARE = 400.0, 0.02
"""No parenchyma is as bright, bone and metal are; of outlines that met the kidneys no voxel was."""

FEWEST = 50
"""Voxels of which a median says something."""

THEREFORE = "cortex and medulla cannot be told apart, the parenchyma alone is outlined"


def why_undivided(ct: Volume, label_map: NDArray[np.uint8]) -> str:
    """Say why a division into cortex and medulla is not to be believed.

    Args:
        ct: In HU.
        label_map: Of the network, on the CT's grid.

    Returns:
        One line; "" where the CT shows what the network divided, or where nothing was divided.
    """
    box = bounding_box(label_map != Label.BACKGROUND)
    hu, drawn = ct.voxels[box], _deep(label_map[box], ct.grid.spacing_mm)
    medulla, cortex = hu[drawn == Label.MEDULLA], hu[drawn == Label.CORTEX]
    parenchyma = np.concatenate([medulla, cortex])
    if len(parenchyma) < FEWEST:
        return ""
    bone = float(np.mean(parenchyma > BONE_HU))
    if bone > BONE_SHARE:
        came = (
            f"{100 * bone:.0f} % of what was outlined is brighter than {BONE_HU:g} HU, as bone is and kidneys are not"
        )
        return f"{came}: were the kidneys missed, as happens without contrast? {THEREFORE.capitalize()}"
    middle = float(np.median(parenchyma))
    if middle < ENHANCED_HU:
        return f"no contrast: the parenchyma has {middle:.0f} HU, with contrast {ENHANCED_HU:g} or more; {THEREFORE}"
    return _alike(medulla, cortex)


def undivided(label_map: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take cortex and medulla together.

    Args:
        label_map: Any shape.

    Returns:
        The same parenchyma, all of it `Label.UNDIVIDED`.
    """
    return np.where(label_map == Label.BACKGROUND, np.uint8(Label.BACKGROUND), np.uint8(Label.UNDIVIDED))


def _alike(medulla: NDArray[Any], cortex: NDArray[Any]) -> str:
    if min(len(medulla), len(cortex)) < FEWEST:
        return ""
    bright, dark = float(np.median(cortex)), float(np.median(medulla))
    if bright - dark >= DIFFERENCE_HU:
        return ""
    came = f"what was outlined as cortex has {bright:.0f} HU, what as medulla {dark:.0f}"
    need = f"in the arterial phase the cortex is brighter by {DIFFERENCE_HU:g} or more"
    return f"no contrast between them: {came}; {need}. {THEREFORE.capitalize()}"


def _deep(label_map: NDArray[np.uint8], spacing_mm: tuple[float, float, float]) -> NDArray[np.uint8]:
    """The labels without the outermost voxels of the parenchyma."""
    sizes = [1 + 2 * round(BELOW_MM / step) for step in spacing_mm]
    inside = (label_map != Label.BACKGROUND).view(np.uint8)
    return label_map * ndimage.minimum_filter(inside, size=sizes, mode="constant")
