"""Where a structure is drawn: in which files, and which of their values count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Volume, read_volume
from kseg.labels import label_map

JOINT = " + "
VALUES = re.compile(r"(?P<files>.*)\[(?P<values>\??\d+(?:,\??\d+)*)\]", re.DOTALL)
BETWEEN_FILES = re.compile(r"(?:(?<=\.nii\.gz)|(?<=\.nii)|(?<=\.nrrd)) \+ (?=/)", re.IGNORECASE)


@dataclass(frozen=True)
class Outline:
    """One structure of one case, as it was drawn.

    As text, in a cohort's table, it is the path of a mask; of a label map, the path and the values that count,
    `map.nii.gz[1,2]`; values after a question mark are those of voxels that may or may not belong to the structure,
    `map.nii.gz[2,?3]`; what was drawn in several files is joined, `left.nii.gz + right.nii.gz`.

    Args:
        files: Of masks or label maps on one grid: a voxel that counts in one of them counts.
        values: Those that count; without any, all but 0 do.
        undecided: Those of which nobody has said whether they count.
    """

    files: tuple[Path, ...]
    values: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Outline:
        """Read an outline from a table's cell; its files' paths are absolute where there are several."""
        values: list[str] = []
        if stated := VALUES.fullmatch(text):
            text, values = stated["files"], stated["values"].split(",")
        return cls(
            files=tuple(Path(file) for file in BETWEEN_FILES.split(text)),
            values=tuple(int(value) for value in values if not value.startswith("?")),
            undecided=tuple(int(value[1:]) for value in values if value.startswith("?")),
        )

    def __str__(self) -> str:
        values = ",".join([*map(str, self.values), *(f"?{value}" for value in self.undecided)])
        return JOINT.join(map(str, self.files)) + (f"[{values}]" if values else "")

    def holds(self, voxels: NDArray[Any]) -> NDArray[np.bool_]:
        """Which voxels of one of its files belong to the structure."""
        return _among(voxels, self.values) if self.values else np.asarray(voxels > 0)


def read_outlines(parenchyma: Outline, cortex: Outline | None) -> Volume:
    """Read what was drawn of a case as one label map.

    Args:
        parenchyma: Of the renal parenchyma.
        cortex: Of the cortex; None where none was drawn. What lies outside the parenchyma is dropped.

    Returns:
        The label map, uint8 of `kseg.labels.Label`, on the grid of the first file. Parenchyma is `UNDIVIDED` where no
        cortex was drawn, and where the cortex's outline is undecided.

    Raises:
        InputError: A file cannot be read, or lies on another grid than the first.
    """
    files = dict.fromkeys([*parenchyma.files, *(cortex.files if cortex else ())])
    volumes = {file: read_volume(file) for file in files}
    grid = volumes[parenchyma.files[0]].grid
    strangers = [file for file, volume in volumes.items() if not volume.grid.same_as(grid)]
    if strangers:
        raise InputError([f"{file} lies on another grid than {parenchyma.files[0]}" for file in strangers])
    return Volume(join_outlines({file: volume.voxels for file, volume in volumes.items()}, parenchyma, cortex), grid)


def join_outlines(voxels: dict[Path, NDArray[Any]], parenchyma: Outline, cortex: Outline | None) -> NDArray[np.uint8]:
    """Turn the files of a case's outlines into one label map.

    Args:
        voxels: Of every file of both outlines, of one shape.
        parenchyma: Of the renal parenchyma.
        cortex: Of the cortex; None where none was drawn.

    Returns:
        The label map, see `read_outlines`.
    """
    inside = drawn(voxels, parenchyma)
    if cortex is None:
        return label_map(inside, None)
    undecided = [_among(voxels[file], cortex.undecided) for file in cortex.files] if cortex.undecided else []
    return label_map(inside, drawn(voxels, cortex), np.logical_or.reduce(undecided) if undecided else None)


def drawn(voxels: dict[Path, NDArray[Any]], outline: Outline) -> NDArray[np.bool_]:
    """Which voxels belong to one structure, over all its files."""
    mask = outline.holds(voxels[outline.files[0]])
    for file in outline.files[1:]:
        mask = mask | outline.holds(voxels[file])
    return mask


def _among(voxels: NDArray[Any], values: tuple[int, ...]) -> NDArray[np.bool_]:
    first, *others = values
    mask: NDArray[np.bool_] = voxels == first
    for value in others:
        mask |= voxels == value
    return mask
