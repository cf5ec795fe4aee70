"""Does a CT hold Hounsfield units, of something that kidneys fit into?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.images import Volume

AIR_HU = -200
"""A CT holds something darker: air around the patient or in the bowel, lungs."""

KIDNEY_HU = (-20, 400)
"""Between these lies the median of a parenchyma, with contrast or without."""

OFFSET_HU = 1024
"""What scanners add so that no voxel is negative; an export that forgets its rescale intercept leaves it in."""

FAT_HU = -50
MAX_FAT_SHARE = 0.1
"""No more of a parenchyma is as dark as fat: below 0.01 in outlines that fit their CT, above 0.1 in mirrored ones."""

GREY_LEVELS = (0, 255)
"""Of a picture: a CT between them was windowed."""

FEWEST_VOXELS = 8
"""Along each axis: kidneys cannot lie in fewer slices, and no network can see them there."""

SPACING_MM = (0.1, 20.0)
"""Between these lie the spacings of all CTs of a body."""


def ct_problems(ct: Volume) -> list[str]:
    """Find what is wrong with a CT whatever is drawn in it.

    Args:
        ct: As it was read.

    Returns:
        One line a problem.
    """
    problems = []
    if min(ct.grid.shape) < FEWEST_VOXELS:
        need = f"kidneys need at least {FEWEST_VOXELS} along every axis"
        problems.append(f"CT has {ct.grid.size} voxels; {need}, export the whole series")
    if not SPACING_MM[0] <= min(ct.grid.spacing_mm) <= max(ct.grid.spacing_mm) <= SPACING_MM[1]:
        need = f"between {SPACING_MM[0]:g} and {SPACING_MM[1]:g} mm are needed"
        problems.append(f"CT has voxels of {ct.grid.spacing}; {need}, export it again in millimetres")
    if unreal := unreal_voxels(ct.voxels):
        problems.append(f"CT holds {unreal}; every voxel needs a number, export it again or set them to -1024")
    return problems


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


def unreal_voxels(voxels: NDArray[Any]) -> str:
    """Count voxels without a number.

    Args:
        voxels: Of any shape and type.

    Returns:
        As in `3 NaN and 1 infinite voxels`; "" where there are none.
    """
    if voxels.dtype.kind != "f" or np.isfinite([voxels.min(), voxels.max()]).all():
        return ""
    counts = {"NaN": np.isnan(voxels).sum(), "infinite": np.isinf(voxels).sum()}
    return " and ".join(f"{count} {kind}" for kind, count in counts.items() if count) + " voxels"


def _remedy(darkest: float, brightest: float, kidney: float) -> str:
    low, high = KIDNEY_HU
    if low <= kidney - OFFSET_HU <= high:
        return f"it looks shifted by {OFFSET_HU}, export it with its rescale intercept"
    if GREY_LEVELS[0] <= darkest <= brightest <= GREY_LEVELS[1]:
        return f"it looks windowed to {GREY_LEVELS[0]}..{GREY_LEVELS[1]}, export the CT itself"
    if darkest < AIR_HU:
        return "the outline looks drawn on something else or on another patient, look at both together"
    return "export it with its rescale slope and intercept, not windowed"
