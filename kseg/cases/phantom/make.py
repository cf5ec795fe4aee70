"""How the phantom's folder comes to be: whole at the end, resumed after a kill, made anew when its recipe changed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from rich.progress import track
from threadpoolctl import threadpool_limits

from kseg.cases.phantom.patients import Patient
from kseg.cases.phantom.recipe import Recipe, scan_patient
from kseg.errors import InputError
from kseg.images import write_atomically, write_nifti

RECIPE_FILE = "phantom.json"
TABLE_FILE = "clinical.csv"
FOLDERS = ("images", "parenchyma", "cortex")


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
        _clear(root, recipe)
        patients = recipe.patients()
        missing = [patient for patient in patients if not all(path.exists() for path in _paths(root, patient))]
        # one core a case: BLAS's own threads would only wait for one another
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers or os.cpu_count()) as threads:
            made = threads.map(lambda patient: _make_case(root, recipe, patient), missing)
            for _ in track(made, f"Making the phantom in {root.name}", total=len(missing), disable=not missing):
                pass
        if not (root / TABLE_FILE).exists():
            write_atomically(root / TABLE_FILE, _clinical_table(patients))


def _make_case(root: Path, recipe: Recipe, patient: Patient) -> None:
    made = scan_patient(recipe, patient)
    images, parenchyma, cortex = _paths(root, patient)
    write_nifti(images, made.ct_hu, made.grid)
    write_nifti(parenchyma, made.parenchyma, made.grid)
    write_nifti(cortex, made.cortex, made.grid)


def _paths(root: Path, patient: Patient) -> list[Path]:
    return [root / folder / f"{patient.case_id}.nii.gz" for folder in FOLDERS]


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the folder alone; the lock goes with the process, however it ends."""
    with (root / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clear(root: Path, recipe: Recipe) -> None:
    """Sign the folder with its recipe, and take out what another recipe or a killed process has left there."""
    mark, wanted = root / RECIPE_FILE, json.dumps(asdict(recipe), indent=2)
    others = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    if others and not mark.exists():
        raise InputError(f"{root}: holds {', '.join(others[:3])}, but no phantom; set data.root to a new folder")
    left = list(root.rglob(".*.partial"))
    if mark.exists() and mark.read_text() != wanted:
        left += [root / TABLE_FILE, *(path for folder in FOLDERS for path in (root / folder).glob("K*.nii.gz"))]
    for path in left:
        path.unlink(missing_ok=True)
    write_atomically(mark, wanted.encode())


def _clinical_table(patients: list[Patient]) -> bytes:
    """Write the table as a clinic hands it over: the group is not in it."""
    rows = [(patient.case_id, patient.sex, patient.age, patient.creatinine_umol_l) for patient in patients]
    table = pd.DataFrame(rows, columns=["patient_id", "sex", "age", "creatinine_umol_l"])
    return table.to_csv(index=False).encode()
