"""Does a volume hold the Hounsfield units of a body, on a grid that kidneys fit into?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Volume

AIR_HU = -200
"""A CT holds something darker: air around the patient or in the bowel, lungs."""

OFFSET_HU = 1024
"""What scanners add so that no voxel is negative; an export that forgets its rescale intercept leaves it in."""

GREY_LEVELS = (0, 255)
"""Of a picture: a CT between them was windowed."""

FEWEST_VOXELS = 8
"""Along each axis: kidneys cannot lie in fewer slices, and no network can see them there."""

SPACING_MM = (0.1, 20.0)
"""Between these lie the spacings of all CTs of a body."""

THICK_MM = 7.5
"""Slices further apart than this show a cortex of 4 to 7 mm in no more than one slice."""

LUNG_HU, TISSUE_HU = -500, (-200, 250)
"""What is denser than lung is fat, -110, muscle, 60, organs with contrast, 250 at most: so is its median."""

BONE_HU = 100
"""Something in every body is brighter: bone, mostly above 250."""

SAMPLED = 4_000_000
"""Voxels that are enough for a median."""


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


def remarks_on_ct(ct: Volume) -> list[str]:
    """Look at a CT of which nothing is drawn yet.

    Args:
        ct: As it was read.

    Returns:
        One line each: what is unusual, though the CT can be outlined.

    Raises:
        InputError: It is no CT by its values (an MR, a windowed picture, one value everywhere), voxels hold no number,
            or no kidney fits into its grid; one line a problem.
    """
    problems = ct_problems(ct) or value_problems(ct.voxels)
    if problems:
        raise InputError(problems)
    remarks = []
    if (darkest := float(ct.voxels.min())) >= AIR_HU:
        remarks.append(f"no value is below {darkest:g} HU, where air has -1000: it looks windowed or cut close")
    if (thick_mm := max(ct.grid.spacing_mm)) > THICK_MM:
        remarks.append(f"slices are {thick_mm:.3g} mm apart, thicker than the cortex; volumes are rough")
    return remarks


def value_problems(voxels: NDArray[Any]) -> list[str]:
    """Find out whether values can be Hounsfield units of a body.

    Args:
        voxels: Of a whole CT, all of them numbers, in any shape of three axes.

    Returns:
        One line, or none.
    """
    darkest, brightest = float(voxels.min()), float(voxels.max())
    if darkest == brightest:
        return [f"CT is {darkest:g} everywhere; export it again"]
    middle = _tissue(voxels)
    came = f"CT values run from {darkest:g} to {brightest:g}"
    if darkest >= GREY_LEVELS[0] and brightest <= GREY_LEVELS[1]:
        return [f"{came}, as grey levels of a windowed picture do; export the CT itself, in Hounsfield units"]
    if TISSUE_HU[0] <= middle - OFFSET_HU <= TISSUE_HU[1]:
        return [
            f"{came}, tissue lies at {middle:g}; it looks shifted by {OFFSET_HU}, export it with its rescale intercept"
        ]
    if darkest >= 0 or not TISSUE_HU[0] <= middle <= TISSUE_HU[1]:
        need = f"Hounsfield units have air at -1000, fat at -100 and most tissue from {TISSUE_HU[0]} to {TISSUE_HU[1]}"
        return [f"{came}, tissue lies at {middle:g}; {need}: is it an MR, or exported without its rescale?"]
    if brightest < BONE_HU:
        return [f"{came}; Hounsfield units have bone above {BONE_HU}: was it scaled? Export the CT itself"]
    return []


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


def _tissue(voxels: NDArray[Any]) -> float:
    """The median of what is denser than lung, in a sample."""
    step = max(1, round((voxels.size / SAMPLED) ** (1 / 3)))
    sample = voxels[::step, ::step, ::step]
    dense = sample[sample > max(LUNG_HU, float(sample.min()))]
    return float(np.median(dense)) if dense.size else float(sample.max())
