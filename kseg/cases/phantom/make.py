"""How the phantom's folder comes to be: whole at the end, resumed after a kill, made anew when its recipe changed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import pandas as pd
from rich.progress import track
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from kseg.cases.phantom.draw import draw_body, draw_kidneys
from kseg.cases.phantom.patients import Patient, draw_patient
from kseg.cases.phantom.scanner import draw_protocol, scan
from kseg.cases.phantom.typical import STAGES
from kseg.errors import InputError
from kseg.images import write_atomically, write_nifti

VERSION = 1
"""Of the recipe: raised whenever the same seed gives other files."""
RECIPE_FILE = "phantom.json"
TABLE_FILE = "clinical.csv"
FOLDERS = ("images", "parenchyma", "cortex")


class _Stream(IntEnum):
    """Independent random numbers of one patient."""

    PERSON = 0
    ANATOMY = 1
    PROTOCOL = 2
    SCAN = 3


@dataclass(frozen=True)
class Recipe:
    """All that decides what the phantom's files hold.

    Args:
        seed: Of every draw.
        patients_per_group: How many.
        in_plane_mm: Between voxels of a slice, from and to.
        version: Of the code.
    """

    seed: int
    patients_per_group: int
    in_plane_mm: tuple[float, float]
    version: int = VERSION

    @property
    def patients(self) -> list[Patient]:
        """Everybody, in the table's order."""
        return [
            draw_patient(self.rng(index, _Stream.PERSON), index)
            for index in range(self.patients_per_group * len(STAGES))
        ]

    def rng(self, index: int, stream: _Stream) -> np.random.Generator:
        """Give one patient's random numbers, the same whoever asks and in whatever order.

        Args:
            index: The patient's, from 0.
            stream: For what.

        Returns:
            A fresh generator.
        """
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(index, stream)))


def make_phantom(root: Path, recipe: Recipe, workers: int | None = None) -> None:
    """Make what is missing of a phantom's folder.

    Processes that make the same folder wait for one another. What another recipe has left there is replaced.

    Args:
        root: The folder.
        recipe: What it shall hold.
        workers: Threads; None for one a core.

    Raises:
        InputError: The folder holds files of another kind.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        _prepare(root, recipe)
        patients = recipe.patients
        missing = [index for index, patient in enumerate(patients) if not _path(root, "images", patient).exists()]
        # one core a case: BLAS's own threads would only wait for one another
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers or os.cpu_count()) as threads:
            made = threads.map(lambda index: make_case(root, recipe, index, patients[index]), missing)
            for _ in track(made, f"Making the phantom in {root.name}", total=len(missing), disable=not missing):
                pass
        _write_table(root, patients)


def make_case(root: Path, recipe: Recipe, index: int, patient: Patient) -> None:
    """Make one patient's CT and outlines; the CT comes last, so that a case with a CT is whole.

    Args:
        root: The phantom's folder.
        recipe: What it shall hold.
        index: The patient's, from 0.
        patient: Who it is.
    """
    anatomy = recipe.rng(index, _Stream.ANATOMY)
    body = draw_body(anatomy, patient.sex, patient.age)
    kidneys = draw_kidneys(anatomy, patient.group, patient.age, body)
    protocol = draw_protocol(recipe.rng(index, _Stream.PROTOCOL), recipe.in_plane_mm)
    made = scan(recipe.rng(index, _Stream.SCAN), body, kidneys, protocol)
    write_nifti(_path(root, "parenchyma", patient), made.parenchyma, made.grid)
    write_nifti(_path(root, "cortex", patient), made.cortex, made.grid)
    write_nifti(_path(root, "images", patient), made.ct_hu, made.grid)


def _path(root: Path, folder: str, patient: Patient) -> Path:
    return root / folder / f"{patient.case_id}.nii.gz"


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the folder alone; the lock goes with the process, however it ends."""
    with (root / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prepare(root: Path, recipe: Recipe) -> None:
    wanted = json.dumps(asdict(recipe), indent=2)
    mark = root / RECIPE_FILE
    if not mark.exists():
        others = sorted(path.name for path in root.iterdir() if path.name != ".lock")
        if others:
            raise InputError(f"{root}: holds {', '.join(others[:3])}, no phantom; set data.root to a new folder")
    elif mark.read_text() != wanted:
        (root / TABLE_FILE).unlink(missing_ok=True)
        for path in (path for folder in FOLDERS for path in (root / folder).glob("K*.nii.gz")):
            path.unlink()
    write_atomically(mark, wanted.encode())


def _write_table(root: Path, patients: list[Patient]) -> None:
    table = pd.DataFrame([asdict(patient) for patient in patients])
    table = table.rename(columns={"case_id": "patient_id"}).drop(columns="group")
    content = table.to_csv(index=False).encode()
    if not (root / TABLE_FILE).exists():
        write_atomically(root / TABLE_FILE, content)
