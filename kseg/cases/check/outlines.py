"""Do the files of a case's outlines hold outlines, on the CT's grid?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.images import Grid, Volume
from kseg.outlines import Outline
from kseg.scans.ct import unreal_voxels

NAMED = 5
"""So many values are told, the others are counted."""


def outline_problems(outlines: Mapping[str, Outline], volumes: Mapping[Path, Volume]) -> list[str]:
    """Find values that no outline holds, and those of which nobody has said whether they count.

    Args:
        outlines: Of a case, by structure.
        volumes: Their files, those that can be read.

    Returns:
        One line a problem.
    """
    problems = []
    for file, volume in volumes.items():
        problem = _number_problem(volume.voxels)
        if problem:
            problems.append(f"{_name(file, outlines)} {problem}")
            continue
        values = values_in(volume.voxels)
        problems += [
            f"{_name(file, {structure: outline})} holds {listed(values)} besides 0; state which of them count, "
            f"as in data.values.{structure}=[{values[0]:g},{values[1]:g}]"
            for structure, outline in outlines.items()
            if file in outline.files and not outline.values and len(values) > 1
        ]
    return problems


def grid_problems(ct: Grid, outlines: Mapping[str, Outline], grids: Mapping[Path, Grid]) -> list[str]:
    """Find outlines that do not lie on their CT voxel on voxel.

    Args:
        ct: The CT's grid.
        outlines: Of a case, by structure.
        grids: Of their files, those that can be read.

    Returns:
        One line a problem: what differs.
    """
    return [
        f"{_name(file, outlines)} lies on another grid than the CT: {_difference(grid, ct)}; "
        "export it on the CT's own grid"
        for file, grid in grids.items()
        if not grid.same_as(ct)
    ]


def empty_problem(structure: str, outline: Outline, voxels: Mapping[Path, NDArray[Any]]) -> str:
    """Tell that nothing is drawn of a structure.

    Args:
        structure: Of which nothing is drawn.
        outline: Its outline.
        voxels: Of its files, or of more.

    Returns:
        The line.
    """
    found = np.unique(np.concatenate([values_in(voxels[file]) for file in outline.files]))
    if not (outline.values and len(found)):
        return f"{structure} is empty; draw it or take the case out"
    return (
        f"{structure} is empty: its file holds {listed(found)}, none of the stated {listed(outline.values)}; "
        "correct which values count, draw it or take the case out"
    )


def values_in(voxels: NDArray[Any]) -> NDArray[Any]:
    """Find the values of an outline's file.

    Args:
        voxels: Of any shape, none of them negative.

    Returns:
        Each value besides 0, in ascending order.
    """
    highest = voxels.max()
    if voxels.dtype.kind in "iu" and highest <= 1:
        return np.array([highest] if highest else [], dtype=voxels.dtype)
    return np.unique(voxels[voxels != 0])


def listed(values: Sequence[int] | NDArray[Any]) -> str:
    """Name values in a sentence.

    Args:
        values: At least one.

    Returns:
        As in `1, 2 and 3`.
    """
    names = [f"{value:g}" for value in values[:NAMED]]
    if len(values) > NAMED:
        names.append(f"{len(values) - NAMED} more")
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])


def _number_problem(voxels: NDArray[Any]) -> str | None:
    if unreal := unreal_voxels(voxels):
        return f"holds {unreal}; an outline is 0 outside and 1 inside"
    if voxels.dtype.kind != "u" and voxels.min() < 0:
        return f"holds values from {voxels.min()} to {voxels.max()}; an outline is 0 outside and 1 inside"
    if voxels.dtype.kind == "f" and len(broken := voxels[voxels != np.rint(voxels)]):
        return f"holds {broken[0]:.9g}; labels are whole numbers, is it a probability map? Threshold it to 0 and 1"
    return None


def _name(file: Path, outlines: Mapping[str, Outline]) -> str:
    """What the user calls a file: by the structures that are drawn in it, and by its name where they have several."""
    drawn = {structure: outline for structure, outline in outlines.items() if file in outline.files}
    several = any(len(outline.files) > 1 for outline in drawn.values())
    return " and ".join(drawn) + (f" in {file.name}" if several else "")


def _difference(grid: Grid, ct: Grid) -> str:
    told = {
        "shape": (grid.size, ct.size),
        "spacing": (grid.spacing, ct.spacing),
        "orientation": (grid.orientation, ct.orientation),
        "origin": (grid.origin, ct.origin),
    }
    differences = [f"{name} {came}, not {needed}" for name, (came, needed) in told.items() if came != needed]
    return ", ".join(differences) if differences else f"corners lie up to {grid.apart_mm(ct):.2g} mm apart"
