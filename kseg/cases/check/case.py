"""Do a case's CT and outlines fit each other?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kseg.cases.check.ct import fat_remarks, kidney_problems
from kseg.cases.check.outlines import empty_problem, grid_problems, outline_problems
from kseg.cases.check.structures import Overlap, cortex_problems, cortex_remarks, darker_cortex_remarks, kidney_remarks
from kseg.clinical.cohort import Case
from kseg.errors import InputError
from kseg.images import Box, Volume, bounding_box, read_volume
from kseg.outlines import Outline, drawn, join_outlines
from kseg.scans.ct import ct_problems


class EmptyParenchymaError(InputError):
    """Nothing is drawn: of a public set's case that shows no kidney this is expected."""


@dataclass(frozen=True)
class SoundCase:
    """A case that can be learnt from, in memory.

    Args:
        case: Which it is.
        ct: Its CT.
        outlined: The voxels of its outlines' files, all on the CT's grid.
        box: Where the parenchyma lies.
        remarks: One line each: what is repaired or unusual.
    """

    case: Case
    ct: Volume
    outlined: Mapping[Path, NDArray[np.generic]]
    box: Box
    remarks: tuple[str, ...]

    @property
    def undivided(self) -> bool:
        """Whether it has an outline of the cortex that shows none: nobody has told cortex and medulla apart."""
        cortex = self.case.cortex
        return cortex is not None and not any(
            cortex.holds(self.outlined[file][self.box]).any() for file in cortex.files
        )

    def label_map(self) -> NDArray[np.uint8]:
        """The outlines as integers of `kseg.labels.Label`, of the CT's shape."""
        labels = np.zeros(self.ct.voxels.shape, np.uint8, "F")  # in the order of files
        inside = {file: voxels[self.box] for file, voxels in self.outlined.items()}
        labels[self.box] = join_outlines(inside, self.case.parenchyma, self.case.cortex)
        return labels

    def values_seen(self) -> frozenset[tuple[str, int]]:
        """Of the values that are stated to count for a structure those that occur, such as ("cortex", 2)."""
        return frozenset(
            (structure, value)
            for structure, outline in outlines_of(self.case).items()
            for value in outline.values
            if any((self.outlined[file][self.box] == value).any() for file in outline.files)
        )


def outlines_of(case: Case) -> dict[str, Outline]:
    """Name what is drawn of a case.

    Args:
        case: The case.

    Returns:
        Its outlines by structure.
    """
    return {"parenchyma": case.parenchyma, **({"cortex": case.cortex} if case.cortex else {})}


def check_case(case: Case, max_outside: float) -> SoundCase:
    """Read every file of a case, and make sure that it can be learnt from.

    Args:
        case: To look at.
        max_outside: Share of the cortex that may lie outside the parenchyma.

    Returns:
        The case, if nothing is wrong with it.

    Raises:
        EmptyParenchymaError: No parenchyma is drawn, and nothing else is wrong.
        InputError: Whatever else is wrong, one line a problem.
    """
    ct, voxels = _read(case)
    masks = {structure: drawn(voxels, outline) for structure, outline in outlines_of(case).items()}
    if not masks["parenchyma"].any():
        raise EmptyParenchymaError(empty_problem("parenchyma", case.parenchyma, voxels))
    box = bounding_box(masks["parenchyma"])
    parenchyma_hu = ct.voxels[box].T[masks["parenchyma"][box].T]  # .T: in the order of memory
    problems = kidney_problems(ct.voxels, parenchyma_hu)
    remarks = fat_remarks(parenchyma_hu) + kidney_remarks(masks["parenchyma"], ct.grid.affine, ct.voxels)
    if case.cortex and masks["cortex"].any():
        overlap = Overlap.within(box, masks["parenchyma"], masks["cortex"])
        problems += cortex_problems(overlap, max_outside)
        remarks += cortex_remarks(overlap)
        remarks += darker_cortex_remarks(ct.voxels[box], masks["parenchyma"][box], masks["cortex"][box])
    elif case.cortex and not is_undecided(case.cortex, voxels):
        problems.append(empty_problem("cortex", case.cortex, voxels))
    _refuse(problems)
    return SoundCase(case, ct, voxels, box, tuple(remarks))


def is_undecided(cortex: Outline, voxels: Mapping[Path, NDArray[np.generic]]) -> bool:
    """Whether an outline of the cortex leaves it open somewhere what is cortex.

    Args:
        cortex: The outline.
        voxels: Of its files, or of more.
    """
    return any((voxels[file] == value).any() for file in cortex.files for value in cortex.undecided)


def _read(case: Case) -> tuple[Volume, dict[Path, NDArray[np.generic]]]:
    outlines = outlines_of(case)
    files = dict.fromkeys(file for outline in outlines.values() for file in outline.files)
    volumes, problems = _volumes([case.image, *files])
    marked = {file: volumes[file] for file in files if file in volumes}
    problems += outline_problems(outlines, marked)
    if ct := volumes.get(case.image):
        problems += ct_problems(ct)
        problems += grid_problems(ct.grid, outlines, {file: volume.grid for file, volume in marked.items()})
    _refuse(problems)
    return volumes[case.image], {file: volume.voxels for file, volume in marked.items()}


def _volumes(files: Sequence[Path]) -> tuple[dict[Path, Volume], list[str]]:
    volumes: dict[Path, Volume] = {}
    problems: list[str] = []
    for file in dict.fromkeys(files):
        try:
            volumes[file] = read_volume(file)
        except InputError as error:
            problems += error.problems
    return volumes, problems


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise InputError(problems)
