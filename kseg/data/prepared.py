"""Prepared cases on disk: made once, found again, cut without being read whole."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from kseg.clinical.cohort import Case
from kseg.data.preparation import Placement, Preparation
from kseg.errors import InputError
from kseg.images import Volume, read_volume, write_atomically, write_nifti
from kseg.labels import STRUCTURES, Label, label_map, structure_mask
from kseg.outlines import read_outlines

RECIPE = 1
"""Raised whenever the same settings would make other files, so that old ones are not taken for new ones."""


@dataclass(frozen=True)
class PreparedCase:
    """A case after orientation, resampling and cropping, on disk.

    Args:
        case: Where it comes from.
        folder: Holds `ct.nii` (int16 HU) and `label_map.nii` (uint8), uncompressed, and `places.npz`.
    """

    case: Case
    folder: Path

    def ct_hu(self) -> NDArray[np.int16]:
        """The CT in HU, shape (X, Y, Z): mapped, not read."""
        return read_volume(self.folder / "ct.nii").voxels

    def label_map(self) -> NDArray[np.uint8]:
        """The label map of the same shape: mapped, not read."""
        return read_volume(self.folder / "label_map.nii").voxels

    def places(self, structure: str) -> NDArray[np.int16]:
        """The voxels of a structure, shape (N, 3); N is 0 where it was not outlined."""
        with np.load(self.folder / "places.npz") as places:
            voxels: NDArray[np.int16] = places[structure]
        return voxels


def prepare_cases(
    cases: Sequence[Case], preparation: Preparation, root: Path, *, workers: int = 2
) -> tuple[PreparedCase, ...]:
    """Prepare every case that has not been prepared with these settings before.

    Args:
        cases: In the order in which they are returned.
        preparation: The settings.
        root: Prepared cases of all settings lie below it.
        workers: Threads; each holds a whole CT in memory.

    Returns:
        The prepared cases.

    Raises:
        InputError: Some cases cannot be read; all others have been prepared.
    """
    prepared = tuple(PreparedCase(case, root / _key(case, preparation)) for case in cases)
    missing = [one for one in prepared if not one.folder.is_dir()]
    if missing:
        _make_all(missing, preparation, workers)
    return prepared


def _make_all(missing: Sequence[PreparedCase], preparation: Preparation, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        outcomes = pool.map(lambda one: _make_or_tell(one, preparation), missing)
        problems = [problem for problem in track(outcomes, "Preparing cases", total=len(missing)) if problem]
    if problems:
        raise InputError(problems)


def _make_or_tell(prepared: PreparedCase, preparation: Preparation) -> str | None:
    try:
        _make(prepared, preparation)
    except InputError as error:
        return f"{prepared.case.case_id}: {error}"
    return None


def _make(prepared: PreparedCase, preparation: Preparation) -> None:
    ct = read_volume(prepared.case.image)
    placement = preparation.place(ct)
    labels = _read_outlines(prepared.case, placement)
    partial = prepared.folder.with_name(f".{prepared.folder.name}.{os.getpid()}.partial")
    try:
        _write(partial, placement, ct, labels)
        _move_into_place(partial, prepared.folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _read_outlines(case: Case, placement: Placement) -> NDArray[np.uint8]:
    drawn = read_outlines(case.parenchyma, case.cortex).voxels
    parenchyma, cortex = (placement.resample_mask(structure_mask(drawn, name)) for name in ("parenchyma", "cortex"))
    undivided = drawn == Label.UNDIVIDED
    return label_map(parenchyma, cortex, placement.resample_mask(undivided) if undivided.any() else None)


def _write(folder: Path, placement: Placement, ct: Volume, labels: NDArray[np.uint8]) -> None:
    write_nifti(folder / "ct.nii", placement.resample_ct(ct.voxels), placement.prepared_grid)
    write_nifti(folder / "label_map.nii", labels, placement.prepared_grid)
    places = {name: np.argwhere(structure_mask(labels, name)).astype(np.int16) for name in STRUCTURES}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **places)
    write_atomically(folder / "places.npz", content.getvalue())


def _move_into_place(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster, with the same content
            raise


def _key(case: Case, preparation: Preparation) -> str:
    settings: dict[str, Any] = {"recipe": RECIPE, **asdict(preparation)}
    del settings["window_hu"]  # applied when a patch is read
    outlines = [case.parenchyma, *([case.cortex] if case.cortex else [])]
    files = [_state(case.image), *([str(outline), *map(_state, outline.files)] for outline in outlines)]
    digest = hashlib.sha256(json.dumps([settings, files]).encode()).hexdigest()
    return f"{case.case_id}-{digest[:16]}"


def _state(path: Path) -> tuple[str, int, int]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    state = path.stat()
    return str(path), state.st_size, state.st_mtime_ns
