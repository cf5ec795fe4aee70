"""Which CTs are all ways measured on? Twelve of 512 x 512 x 120 voxels, made once, with groups of unequal size."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import track

from kseg.cases.phantom.draw import draw_body, draw_kidneys
from kseg.cases.phantom.patients import Patient
from kseg.cases.phantom.recipe import Recipe, Stream
from kseg.cases.phantom.scanner import Protocol, Scan, scan
from kseg.images import Grid, write_atomically, write_nifti
from kseg.labels import label_map
from side_by_side.task import Task

SHAPE = (512, 512, 120)
SPACING_MM = (0.8, 0.8, 1.25)
ORIENTATION = "LPS"
NOISE_HU = 11.0
AIR_HU = -1024
SEED = 2025
CASES = {"control": 6, "mild": 3, "moderate": 2, "severe": 1}
"""As a clinic has them: the sicker, the fewer."""


def make_cts(task: Task) -> None:
    """Make what is missing of the CTs, their label maps and the table of patients, as a clinic's folder.

    Args:
        task: Says where.
    """
    recipe = Recipe(SEED, max(CASES.values()), (SPACING_MM[0], SPACING_MM[1]))
    patients = _chosen(recipe.patients())
    missing = [patient for patient in patients if not (task.labels / _file_name(patient)).exists()]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        made = pool.map(partial(_make_case, task, recipe), missing)
        for _ in track(made, "Making the CTs", total=len(missing), disable=not missing):
            pass
    write_atomically(task.patients, _clinical_table(patients))


def _chosen(patients: list[Patient]) -> list[Patient]:
    """The first of each group, as many as it shall have."""
    return [patient for group, count in CASES.items() for patient in [p for p in patients if p.group == group][:count]]


def _file_name(patient: Patient) -> str:
    return f"{patient.case_id}.nii.gz"


def _make_case(task: Task, recipe: Recipe, patient: Patient) -> None:
    made = _scan(recipe, patient)
    labels = label_map(made.parenchyma > 0, made.cortex > 0)
    affine = made.grid.affine
    grid = Grid(SHAPE, affine)
    write_nifti(task.images / _file_name(patient), _framed(made.ct_hu, AIR_HU), grid)
    write_nifti(task.labels / _file_name(patient), _framed(labels, 0), grid)


def _scan(recipe: Recipe, patient: Patient) -> Scan:
    anatomy = recipe.rng(patient.index, Stream.ANATOMY)
    body = draw_body(anatomy, patient.sex, patient.age)
    kidneys = draw_kidneys(anatomy, patient.group, patient.age, body)
    protocol = Protocol(SPACING_MM[0], SPACING_MM[2], ORIENTATION, NOISE_HU)
    return scan(recipe.rng(patient.index, Stream.SCAN), body, kidneys, protocol)


def _framed(voxels: NDArray[Any], outside: int) -> NDArray[Any]:
    """Frame a scan as a scanner does: air around the patient; slices are cut off or repeated above and below."""
    spare = [length - there for length, there in zip(SHAPE, voxels.shape, strict=True)]
    low = [space // 2 for space in spare]
    kept = voxels[:, :, max(0, -low[2]) : max(0, -low[2]) + SHAPE[2]]
    in_plane = [(low[axis], spare[axis] - low[axis]) for axis in (0, 1)]
    framed = np.pad(kept, [*in_plane, (0, 0)], constant_values=outside)
    missing = SHAPE[2] - framed.shape[2]
    return np.pad(framed, [(0, 0), (0, 0), (missing // 2, missing - missing // 2)], mode="edge")


def _clinical_table(patients: list[Patient]) -> bytes:
    rows = [(p.case_id, p.sex, p.age, p.creatinine_umol_l, p.group, "train") for p in patients]
    table = pd.DataFrame(rows, columns=["patient_id", "sex", "age", "creatinine_umol_l", "group", "split"])
    return table.to_csv(index=False).encode()
