"""Prepared cases on disk: made once, found again, cut without being read whole."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from kseg.clinical.cohort import Case
from kseg.data.making import CT, LABEL_MAP, clear_leftovers, fault_of, make_case, places_file
from kseg.data.preparation import Preparation
from kseg.data.recipe import folder_name, ingredients
from kseg.data.workers import pool_of, workers_for
from kseg.errors import InputError
from kseg.images import Volume
from kseg.images.nifti import read_nifti_header
from kseg.images.stored import Header
from kseg.runs.claim import Claim, claimed

WORTH_A_BAR = 4
"""Fewer cases are prepared before anyone looks for a progress bar."""

log = logging.getLogger("kseg")


@dataclass(frozen=True)
class PreparedCase:
    """A case after orientation, resampling and cropping, on disk.

    Its files are mapped anew at every call and let go with the array: of thousands of cases, none stays open.

    Args:
        case: Where it comes from.
        folder: Holds `ct.nii` (int16 HU) and `label_map.nii` (uint8), uncompressed; the voxels of each structure as
            `places_*.npy`; and `contents.json`: how large these files are, and what they were made from.
    """

    case: Case
    folder: Path

    def ct_hu(self) -> NDArray[np.int16]:
        """The CT in HU, shape (X, Y, Z): mapped, not read."""
        return map_volume(self.folder / CT).voxels

    def label_map(self) -> NDArray[np.uint8]:
        """The label map of the same shape: mapped, not read."""
        return map_volume(self.folder / LABEL_MAP).voxels

    def places(self, structure: str) -> NDArray[np.int16]:
        """The voxels of a structure, shape (N, 3): mapped, not read; N is 0 where it was not outlined."""
        return np.asarray(np.load(self.folder / places_file(structure), mmap_mode="r"))


def map_volume(path: Path) -> Volume:
    """Map a file of a prepared case.

    Args:
        path: `ct.nii` or `label_map.nii`; its header is read once, as that takes ten times as long as mapping the
            voxels, and a file that is prepared anew under its name has the same.

    Returns:
        The volume; its voxels are read where they are looked at, may be written to in memory alone, as torch wants it,
        and are let go with the array.

    Raises:
        InputError: The file is gone or was cut off.
    """
    try:
        header = _header(path)
        voxels = np.memmap(path, header.dtype, "c", header.offset, header.grid.shape, order="F")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be mapped ({error}); start again, and it is prepared anew") from error
    return Volume(voxels, header.grid)


@cache
def _header(path: Path) -> Header:
    return read_nifti_header(path)


@dataclass(frozen=True)
class _Task:
    prepared: PreparedCase
    made_from: dict[str, Any]


def prepare_cases(
    cases: Sequence[Case], preparation: Preparation, root: Path, *, workers: int | None = None
) -> tuple[PreparedCase, ...]:
    """Prepare every case that has not been prepared with these settings before, or was damaged since.

    Several processes may do so at once, on one or more machines: they share the work.

    Args:
        cases: In the order in which they are returned. Those of the split `train` are cropped as the settings say, all
            others to the body.
        preparation: The settings.
        root: Prepared cases of all settings lie below it.
        workers: Threads, each of which holds a whole CT in memory; if None, one a core as far as memory has room.

    Returns:
        The prepared cases.

    Raises:
        InputError: Settings make no sense, some cases cannot be read (all others have been prepared), or `root` cannot
            be written to.
    """
    preparation.check()
    tasks, problems = _tasks(cases, preparation, root)
    missing = [task for task in tasks if fault_of(task.prepared.folder)]
    if missing:
        problems += _make_all(missing, preparation, root, workers)
    if problems:
        raise InputError(problems)
    return tuple(task.prepared for task in tasks)


def _tasks(cases: Sequence[Case], preparation: Preparation, root: Path) -> tuple[list[_Task], list[str]]:
    tasks, problems = [], []
    for case in cases:
        try:
            made_from = ingredients(case, preparation)
        except InputError as error:
            problems += [f"{case.case_id}: {problem}" for problem in error.problems]
        else:
            tasks.append(_Task(PreparedCase(case, root / folder_name(case, made_from)), made_from))
    return tasks, problems


def _make_all(tasks: Sequence[_Task], preparation: Preparation, root: Path, workers: int | None) -> list[str]:
    """Make what is missing; what is wrong with single cases does not keep the others from being made."""
    problems: list[str] = []
    cts = (task.prepared.case.image for task in tasks)
    outcomes = _outcomes(tasks, preparation, workers or workers_for(cts, preparation.spacing_mm))
    bar = partial(track, description="Preparing cases", total=len(tasks), disable=len(tasks) < WORTH_A_BAR)
    try:
        root.mkdir(parents=True, exist_ok=True)
        clear_leftovers(root)
        for outcome in bar(outcomes):
            problems += outcome
        clear_leftovers(root)  # of processes that were killed meanwhile
    except OSError as error:
        problems.append(
            f"{root}: prepared cases cannot be written ({error}); make room there or set paths.prepared to another "
            "disk, then start again: what is prepared is found again"
        )
    return problems


def _outcomes(tasks: Sequence[_Task], preparation: Preparation, workers: int) -> Iterator[tuple[str, ...]]:
    """Problems, task by task; first of what nobody else is making, then of what others should have made by then."""
    theirs = []
    with pool_of(workers) as pool:
        made = pool.map(partial(_make, preparation=preparation, wait=False), tasks)
        for task, outcome in zip(tasks, made, strict=True):
            if outcome is None:
                theirs.append(task)
            else:
                yield outcome
    for task in theirs:
        yield _make(task, preparation, wait=True) or ()


def _make(task: _Task, preparation: Preparation, *, wait: bool) -> tuple[str, ...] | None:
    """Make one prepared case, unless it has been made meanwhile; None if another process is making it."""
    case, folder = task.prepared.case, task.prepared.folder
    with claimed(folder, wait=wait) as claim:
        if claim is Claim.THEIRS:
            return None
        was_there = folder.exists()  # first: where there are no locks, another process may put it there at any time
        fault = fault_of(folder)
        if fault is None:
            return ()
        if was_there:
            log.warning("%s: its prepared case was damaged (%s) and is made anew", case.case_id, fault)
            shutil.rmtree(folder)
        try:
            make_case(case, preparation, folder, task.made_from)
        except InputError as error:
            return tuple(f"{case.case_id}: {problem}" for problem in error.problems)
    return ()
