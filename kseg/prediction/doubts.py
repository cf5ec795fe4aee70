"""What about a patient's outlined kidneys must whoever reads their volumes be told?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kseg.images import Grid
from kseg.metrics.sides import Side, Sides
from kseg.metrics.volume import volume_ml

CUT_MM2 = 50.0
"""A kidney that meets the CT's border with more than this, 7 x 7 mm, is cut by it and not merely touched."""

KIDNEY_ML = (30.0, 450.0)
"""Between these lies the parenchyma of one adult kidney. An ellipsoid of 6.5 x 3 x 3 cm, shrunk to its end, has 31 ml.
A kidney has 202 ml (SD 36) in healthy men and 154 ml (SD 33) in women (Cheong B et al. Normal values for renal length
and volume as measured by magnetic resonance imaging. Clin J Am Soc Nephrol 2007;2:38-45): 346 ml is four SD above the
men's mean, and a kidney that works for two grows beyond it."""

SCATTERED_SHARE = 0.1
"""Two kidneys are two pieces: where more than this share of the parenchyma lies elsewhere, it is something else."""

ENDS = {
    **{"R": "right", "L": "left", "A": "front", "P": "back"},
    **{"S": "upper", "I": "lower"},
}
OPPOSITE = dict(zip("RLAPSI", "LRPAIS", strict=True))


def doubts(sides: Sides, grid: Grid) -> list[str]:
    """Look at the outlined parenchyma: is all of it there, is it two kidneys, and are they as large as kidneys are?

    Args:
        sides: Its parenchyma, told apart by sides.
        grid: Of the CT.

    Returns:
        One line each, in plain words.
    """
    if not sides.shown:
        return ["no kidney was found"]
    return [*_number(sides), *_pieces(sides), *_cut_kidneys(sides, grid), *_volumes(sides, grid)]


def _number(sides: Sides) -> Iterator[str]:
    if len(sides.shown) == 1:
        yield f"one kidney only, the {_name(sides.shown[0])} one; was the other removed, or missed?"
    elif sides.crosses_midline:
        yield "one kidney crosses the midline, as a horseshoe kidney does; right and left are parted there"


def _pieces(sides: Sides) -> Iterator[str]:
    elsewhere = sum(sides.large_ml[2:]) / sum(sides.large_ml)
    if elsewhere > SCATTERED_SHARE:
        count = len(sides.large_ml)
        yield f"what was outlined lies in {count} large pieces, {100 * elsewhere:.0f} % of it beside the two largest"


def _cut_kidneys(sides: Sides, grid: Grid) -> Iterator[str]:
    for side in sides.shown:
        ends = [end for end, face in _faces(sides.voxels, grid) if _meets_mm2(face == side, end, grid) > CUT_MM2]
        if ends:
            names = " and ".join(f"{ENDS[direction]} border" for direction, _ in ends)
            yield f"the {_name(side)} kidney is cut by the CT's {names}; its volume is too small"


def _faces(voxels: NDArray[np.uint8], grid: Grid) -> Iterator[tuple[tuple[str, int], NDArray[np.uint8]]]:
    """The six outer planes of a volume, each with the direction in which it lies and its axis."""
    for axis, direction in enumerate(grid.orientation):
        yield (OPPOSITE[direction], axis), np.take(voxels, 0, axis)
        yield (direction, axis), np.take(voxels, -1, axis)


def _meets_mm2(face: NDArray[np.bool_], end: tuple[str, int], grid: Grid) -> float:
    one, other = (step for axis, step in enumerate(grid.spacing_mm) if axis != end[1])
    return np.count_nonzero(face) * one * other


def _volumes(sides: Sides, grid: Grid) -> Iterator[str]:
    low, high = KIDNEY_ML
    for side in sides.shown:
        ml = volume_ml(sides.voxels == side, grid.spacing_mm)
        if not low <= ml <= high:
            yield f"the {_name(side)} kidney's parenchyma has {ml:.0f} ml; a kidney has {low:.0f} to {high:.0f} ml"


def _name(side: Side) -> str:
    return side.name.lower()
