"""Where are the kidneys? Found at a glance, on a grid that is coarser than the one that they are outlined on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kseg.images import Box, bounding_box

COARSER = 1.5
"""How much longer the glance's voxels are, along each axis.

Networks that were never shown scaled kidneys find at 1.5 what they find at 1; at 2 they lose parts of faint ones.
"""

MARGIN_MM = 12.0
"""What is outlined around the pieces that were found, and again where a kidney reaches that far."""

CONTEXT_MM = 12.0
"""What the network sees around that: its answers are worse at a window's border."""

PIECE_ML = 10.0
"""Smaller pieces are no reason to look closer."""

KIDNEY_ML = 30.0
"""A piece from here on may be a kidney: an ellipsoid of 6 x 3 x 3 cm, a shrunken one, has 28 ml."""

MOST_ML = 1500.0
"""Two kidneys, each nearly four times as large as a healthy man's (Cheong et al., Clin J Am Soc Nephrol 2007;2:38)."""

KIDNEYS = 2


@dataclass(frozen=True)
class Glance:
    """What was found at a glance.

    Args:
        boxes: Around each piece, on the coarse grid.
        kidneys: How many of the pieces may be a kidney.
        parenchyma_ml: In all pieces.
    """

    boxes: tuple[Box, ...]
    kidneys: int
    parenchyma_ml: float

    @property
    def doubt(self) -> str:
        """Why the whole CT had better be looked at; "" if nothing speaks for it."""
        if self.kidneys < KIDNEYS:
            return f"{self.kidneys or 'no'} kidney{'' if self.kidneys == 1 else 's'} found at a glance"
        if self.parenchyma_ml > MOST_ML:
            return f"{self.parenchyma_ml:.0f} ml of parenchyma found at a glance, more than two kidneys have"
        return ""


def glance_at(inside: NDArray[np.bool_], voxel_ml: float) -> Glance:
    """Tell kidneys from crumbs.

    Args:
        inside: Where parenchyma was found, shape (X, Y, Z).
        voxel_ml: The volume of a voxel.

    Returns:
        What was found.
    """
    around = bounding_box(inside)
    closer = inside[around]
    if not closer.size:
        return Glance((), 0, 0.0)
    pieces, _ = ndimage.label(closer)
    volumes_ml = np.bincount(pieces[closer])[1:] * voxel_ml
    boxes = [
        _moved((x, y, z), around)
        for (x, y, z), piece_ml in zip(ndimage.find_objects(pieces), volumes_ml, strict=True)
        if piece_ml >= PIECE_ML
    ]
    kidneys = int((volumes_ml >= KIDNEY_ML).sum())
    return Glance(tuple(boxes), kidneys, float(volumes_ml[volumes_ml >= PIECE_ML].sum()))


def _moved(box: Box, around: Box) -> Box:
    """A box inside of another, as it lies beyond it."""
    x, y, z = (slice(side.start + own.start, side.start + own.stop) for own, side in zip(box, around, strict=True))
    return x, y, z
