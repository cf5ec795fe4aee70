"""Do parenchyma and cortex fit each other, and two kidneys?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.images import Box
from kseg.metrics.sides import tell_sides_apart

DARKER_HU = 10
"""By so much the cortex may be darker than the medulla for noise alone, as without contrast."""


@dataclass(frozen=True)
class Overlap:
    """How many voxels two outlines share.

    Args:
        parenchyma: Voxels of it.
        cortex: Voxels of it, at least one.
        both: Voxels of both.
    """

    parenchyma: int
    cortex: int
    both: int

    @classmethod
    def within(cls, box: Box, parenchyma: NDArray[np.bool_], cortex: NDArray[np.bool_]) -> Overlap:
        """Count voxels of two masks of one shape, of which the parenchyma lies all within a box."""
        inside = parenchyma[box]
        return cls(*(int(np.count_nonzero(mask)) for mask in (inside, cortex, inside & cortex[box])))

    @property
    def outside(self) -> int:
        """Voxels of the cortex outside the parenchyma."""
        return self.cortex - self.both


def cortex_problems(overlap: Overlap, max_outside: float) -> list[str]:
    """Find a cortex that is no part of its parenchyma.

    Args:
        overlap: Of the two.
        max_outside: Share of the cortex that may lie outside the parenchyma.

    Returns:
        One line, or none.
    """
    if overlap.outside <= max_outside * overlap.cortex:
        return []
    if overlap.parenchyma - overlap.both <= max_outside * overlap.parenchyma:
        came = f"parenchyma, {overlap.parenchyma} voxels, lies inside the cortex, {overlap.cortex} voxels"
        return [f"{came}; the two look swapped, exchange their files or values"]
    limit = f"at most {100 * max_outside:g} % is repaired"
    if overlap.cortex > overlap.parenchyma:
        came = f"cortex has {overlap.cortex} voxels, more than the parenchyma with {overlap.parenchyma}"
        return [f"{came}; it is a part of the parenchyma, draw it again"]
    return [f"cortex has {_told(overlap)}; {limit}, draw it again or set checks.max_outside, a share"]


def cortex_remarks(overlap: Overlap) -> list[str]:
    """Tell what is repaired or unusual of a cortex.

    Args:
        overlap: Of a cortex without a problem.

    Returns:
        One line each.
    """
    repaired = [f"cortex has {_told(overlap)}; they are dropped"] if overlap.outside else []
    no_medulla = overlap.both == overlap.parenchyma
    return repaired + ["cortex fills all of the parenchyma; there is no medulla"] * no_medulla


def darker_cortex_remarks(ct_hu: NDArray[Any], parenchyma: NDArray[np.bool_], cortex: NDArray[np.bool_]) -> list[str]:
    """Tell where the cortex is darker than the medulla: with contrast it is not, so the two may be exchanged.

    Args:
        ct_hu: Shape (X, Y, Z), as the masks.
        parenchyma: True inside it.
        cortex: True inside it.

    Returns:
        One line, or none.
    """
    inner, outer = ct_hu[parenchyma & ~cortex], ct_hu[parenchyma & cortex]
    if not inner.size or not outer.size or np.median(outer) >= np.median(inner) - DARKER_HU:
        return []
    return [
        f"cortex is darker ({np.median(outer):.0f} HU) than the medulla ({np.median(inner):.0f} HU); "
        "are the two exchanged?"
    ]


def kidney_remarks(parenchyma: NDArray[np.bool_], affine: NDArray[np.float64], ct_hu: NDArray[Any]) -> list[str]:
    """Tell where a case has not two kidneys of one piece each.

    Args:
        parenchyma: True inside, shape (X, Y, Z), at least one voxel.
        affine: Voxel indices to millimetres in RAS+ space, shape (4, 4).
        ct_hu: The CT, of the same shape.

    Returns:
        One line each.
    """
    sides = tell_sides_apart(parenchyma, affine, ct_hu)
    pieces = ", ".join(f"{volume_ml:.3g}" for volume_ml in sides.large_ml)
    in_pieces = f"{len(sides.large_ml)} large pieces ({pieces} mL)"
    if sides.crosses_midline:
        return ["parenchyma crosses the midline in one piece, as a horseshoe kidney or two that touch"]
    if len(sides.shown) == 1:
        alone = f"one kidney only, the patient's {sides.shown[0].name.lower()}"
        return [alone + (f", in {in_pieces}" if len(sides.large_ml) > 1 else "")]
    return [f"parenchyma lies in {in_pieces}, not in two kidneys"] if len(sides.large_ml) > 2 else []


def _told(overlap: Overlap) -> str:
    share = overlap.outside / overlap.cortex
    return f"{overlap.outside} voxels outside the parenchyma ({100 * share:.1f} %)"
