"""Do a case's CT and outlines fit each other?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.clinical.cohort import Case
from kseg.errors import InputError
from kseg.images import Grid, Volume, read_volume

AIR_HU = -200
"""A CT holds something darker: air around the patient or in the bowel, lungs."""

KIDNEY_HU = (-20, 400)
"""Between these lies the median of a parenchyma, with contrast or without."""


def check_cases(cases: Sequence[Case], *, max_outside: float, workers: int = 2) -> list[str]:
    """Read every file once and make sure that it can be learnt from.

    Each CT and its outlines are readable volumes on one grid with a usable affine, the CT holds Hounsfield units, the
    outlines are not empty, and the cortex lies inside the parenchyma.

    Args:
        cases: To look at; their order is that of the answer.
        max_outside: Share of the cortex that may lie outside the parenchyma; `kseg.labels.label_map` drops it.
        workers: Cases that are read at once.

    Returns:
        One remark a case whose cortex is repaired.

    Raises:
        InputError: With one line a problem, of every case.
    """
    with ThreadPoolExecutor(workers) as pool:  # igzip and NumPy let go of the interpreter's lock
        findings = list(pool.map(lambda case: _look_at(case, max_outside), cases))
    _refuse([problem for finding in findings for problem in finding.problems])
    return [remark for finding in findings for remark in finding.remarks]


@dataclass(frozen=True)
class _Finding:
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def _look_at(case: Case, max_outside: float) -> _Finding:
    try:
        return _Finding(remarks=tuple(f"{case.case_id}: {remark}" for remark in _check(case, max_outside)))
    except InputError as error:
        return _Finding(problems=tuple(f"{case.case_id}: {problem}" for problem in error.problems))


def _check(case: Case, max_outside: float) -> list[str]:
    ct, outlines = _read(case)
    _refuse(_grid_problems(ct.grid, {name: outline.grid for name, outline in outlines.items()}))
    _refuse([problem for name, outline in outlines.items() for problem in _outline_problems(name, outline.voxels)])
    masks = {name: outline.voxels.T > 0 for name, outline in outlines.items()}  # .T: in the order of memory
    outside, share = _outside(masks)
    problems = _hounsfield_problems(ct.voxels.T, masks["parenchyma"])
    said = f"{outside} voxels outside the parenchyma ({100 * share:.1f} %)"
    if share > max_outside:
        limit = f"at most {100 * max_outside:g} % is repaired"
        problems.append(f"cortex has {said}; {limit}, draw it again or set checks.max_outside")
    _refuse(problems)
    return [f"cortex has {said}; they are dropped"] if outside else []


def _read(case: Case) -> tuple[Volume, dict[str, Volume]]:
    volumes: dict[str, Volume] = {}
    problems: list[str] = []
    for name, path in {"CT": case.image, "parenchyma": case.parenchyma, "cortex": case.cortex}.items():
        try:
            if path is not None:
                volumes[name] = read_volume(path)
        except InputError as error:
            problems += error.problems
    _refuse(problems)
    return volumes.pop("CT"), volumes


def _grid_problems(ct: Grid, outlines: dict[str, Grid]) -> list[str]:
    for name, grid in {"CT": ct, **outlines}.items():
        if not np.isfinite(grid.affine).all() or min(grid.spacing_mm) <= 0 or min(grid.shape) < 1:
            size = " x ".join(map(str, grid.shape))
            spacing = " x ".join(f"{length:g}" for length in grid.spacing_mm)
            return [f"{name} has {size} voxels of {spacing} mm; export it again with its geometry"]
    return [
        f"{name} lies on another grid ({_told(grid)}) than the CT ({_told(ct)}); export it on the CT's own grid"
        for name, grid in outlines.items()
        if not grid.same_as(ct)
    ]


def _told(grid: Grid) -> str:
    size = " x ".join(map(str, grid.shape))
    spacing = " x ".join(f"{length:.3g}" for length in grid.spacing_mm)
    origin = ", ".join(f"{place:.1f}" for place in grid.affine[:3, 3])
    return f"{size} voxels of {spacing} mm, {grid.orientation} from {origin}"


def _outline_problems(name: str, voxels: NDArray[Any]) -> list[str]:
    lowest, highest = voxels.min(), voxels.max()
    if not lowest >= 0:  # so that NaN is caught too
        return [f"{name} holds values from {lowest} to {highest}; an outline is 0 outside and 1 inside"]
    return [f"{name} is empty; draw it or take the case out"] if highest == 0 else []


def _outside(masks: dict[str, NDArray[np.bool_]]) -> tuple[int, float]:
    if "cortex" not in masks:
        return 0, 0.0
    outside = int(np.count_nonzero(masks["cortex"] > masks["parenchyma"]))
    return outside, outside / int(np.count_nonzero(masks["cortex"]))


def _hounsfield_problems(ct: NDArray[Any], parenchyma: NDArray[np.bool_]) -> list[str]:
    darkest, brightest, kidney = float(ct.min()), float(ct.max()), float(np.median(ct[parenchyma]))
    low, high = KIDNEY_HU
    if darkest < AIR_HU and low <= kidney <= high:
        return []
    came = f"CT values run from {darkest:g} to {brightest:g}, {kidney:g} in the middle of the parenchyma"
    needed = f"Hounsfield units have air below {AIR_HU} and kidneys from {low} to {high}"
    return [f"{came}; {needed}: export it with its rescale slope and intercept, not windowed"]


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise InputError(problems)
