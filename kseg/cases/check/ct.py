"""Are a CT, and the kidneys drawn in it, as bright as they can be?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.scans.ct import AIR_HU, GREY_LEVELS, OFFSET_HU

KIDNEY_HU = (-20, 400)
"""Between these lies the median of a parenchyma, with contrast or without."""

FAT_HU = -50
MAX_FAT_SHARE = 0.1
"""No more of a parenchyma is as dark as fat: below 0.01 in outlines that fit their CT, above 0.1 in mirrored ones."""


def kidney_problems(ct: NDArray[Any], parenchyma_hu: NDArray[Any]) -> list[str]:
    """Find out whether a CT, and the kidneys in it, are as bright as they can be.

    Args:
        ct: All of it, in any shape.
        parenchyma_hu: Its voxels where parenchyma is drawn, at least one.

    Returns:
        One line, or none.
    """
    darkest, brightest, kidney = float(ct.min()), float(ct.max()), float(np.median(parenchyma_hu))
    low, high = KIDNEY_HU
    if darkest < AIR_HU and low <= kidney <= high:
        return []
    came = f"CT values run from {darkest:g} to {brightest:g}, {kidney:g} in the middle of the parenchyma"
    needed = f"Hounsfield units have air below {AIR_HU} and kidneys from {low} to {high}"
    return [f"{came}; {needed}: {_remedy(darkest, brightest, kidney)}"]


def fat_remarks(parenchyma_hu: NDArray[Any]) -> list[str]:
    """Tell of an outline that seems to lie beside the kidneys.

    Args:
        parenchyma_hu: The CT's voxels where parenchyma is drawn, at least one.

    Returns:
        One line, or none.
    """
    share = np.count_nonzero(parenchyma_hu < FAT_HU) / parenchyma_hu.size
    if share <= MAX_FAT_SHARE:
        return []
    came = f"{100 * share:.0f} % of the parenchyma is darker than {FAT_HU} HU, as fat and air are"
    return [f"{came}; is the outline mirrored, shifted or another patient's?"]


def _remedy(darkest: float, brightest: float, kidney: float) -> str:
    low, high = KIDNEY_HU
    if low <= kidney - OFFSET_HU <= high:
        return f"it looks shifted by {OFFSET_HU}, export it with its rescale intercept"
    if GREY_LEVELS[0] <= darkest <= brightest <= GREY_LEVELS[1]:
        return f"it looks windowed to {GREY_LEVELS[0]}..{GREY_LEVELS[1]}, export the CT itself"
    if darkest < AIR_HU:
        return "the outline looks drawn on something else or on another patient, look at both together"
    return "export it with its rescale slope and intercept, not windowed"
