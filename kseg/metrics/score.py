"""How well do predicted label maps match the outlines, structure by structure and case by case."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.labels import BOTH_SIDES, STRUCTURE_LABELS, STRUCTURES, Label, structure_mask
from kseg.metrics.pair import CaseFiles, content_box, read_pair
from kseg.metrics.volume import volume_ml
from kseg.outlines import Outline

METRICS_COLUMNS = ("case_id", "group", "side", "structure", "metric", "value")
VOLUMES_COLUMNS = ("case_id", "group", "side", "structure", "reference_ml", "predicted_ml")

Metric = Callable[[NDArray[np.bool_], NDArray[np.bool_], tuple[float, float, float]], float | Mapping[str, float]]
"""`(reference_mask, predicted_mask, spacing_mm) -> value`, or several by name; NaN where it cannot be had."""

NOWHERE = np.zeros((1, 1, 1), np.bool_)
"""A mask of nothing."""


@dataclass(frozen=True)
class Score:
    """One value of one structure of one case."""

    structure: str
    metric: str
    value: float


@dataclass(frozen=True)
class Volumes:
    """How large one structure of one case is; NaN where the outlines, or the prediction, do not show it."""

    structure: str
    reference_ml: float
    predicted_ml: float


@dataclass(frozen=True)
class Scores:
    """What a cohort's predictions are worth.

    Args:
        metrics: A row a case, structure and metric, with `METRICS_COLUMNS`.
        volumes: A row a case and structure, with `VOLUMES_COLUMNS`.
    """

    metrics: pd.DataFrame
    volumes: pd.DataFrame


def score_case(
    reference: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    *,
    spacing_mm: tuple[float, float, float],
    metrics: Mapping[str, Metric],
) -> list[Score]:
    """Score every structure of a case by every metric.

    Args:
        reference: The outlines' label map, shape (X, Y, Z).
        predicted: The network's, on the same grid.
        spacing_mm: The distance between voxels along each axis.
        metrics: The name in the table, and the function; a function that gives several values names them itself.

    Returns:
        A score for each structure and metric, in the order of `STRUCTURES` and of `metrics`. Cortex and medulla are
        NaN where the outlines, or a network that was not taught to, do not divide the parenchyma.
    """
    box = content_box(reference, predicted)
    reference, predicted = reference[box], predicted[box]
    scores = []
    for structure in STRUCTURES:
        comparable = shows(reference, structure) and shows(predicted, structure)
        masks = structure_mask(reference, structure), structure_mask(predicted, structure)
        for name, metric in metrics.items():
            outlined, found_mask = masks if comparable else (NOWHERE, NOWHERE)
            found = metric(outlined, found_mask, spacing_mm)
            values = found if isinstance(found, Mapping) else {name: found}
            scores += [Score(structure, each, float(v) if comparable else math.nan) for each, v in values.items()]
    return scores


def measure_case(
    reference: NDArray[np.uint8], predicted: NDArray[np.uint8], *, spacing_mm: tuple[float, float, float]
) -> list[Volumes]:
    """Measure every structure of a case, in the outlines and in the prediction.

    Args:
        reference: The outlines' label map, shape (X, Y, Z).
        predicted: The network's, on the same grid.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        The volumes in the order of `STRUCTURES`.
    """
    return [
        Volumes(structure, *(structure_ml(label_map, structure, spacing_mm) for label_map in (reference, predicted)))
        for structure in STRUCTURES
    ]


def structure_ml(label_map: NDArray[np.uint8], structure: str, spacing_mm: tuple[float, float, float]) -> float:
    """Measure one structure of a label map.

    Args:
        label_map: Shape (X, Y, Z).
        structure: One of `STRUCTURES`.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        Its volume in ml; NaN where the label map does not tell the structure apart.
    """
    return volume_ml(structure_mask(label_map, structure), spacing_mm) if shows(label_map, structure) else math.nan


def shows(label_map: NDArray[np.uint8], structure: str) -> bool:
    """Tell whether a label map shows a structure: cortex and medulla only where all parenchyma is divided."""
    return Label.UNDIVIDED in STRUCTURE_LABELS[structure] or not bool((label_map == Label.UNDIVIDED).any())


def score_cohort(
    test_rows: pd.DataFrame, predictions: Path, *, metrics: Mapping[str, Metric], workers: int | None = None
) -> Scores:
    """Score the predictions of a cohort's test cases, several cases at a time.

    Args:
        test_rows: The cohort's rows to score, with `case_id`, `group`, `parenchyma` and `cortex` (outlines as
            `kseg.outlines.Outline` writes them; the cortex's may be empty).
        predictions: The folder that holds `<case_id>.nii.gz`.
        metrics: The name in the table, and the function; it is sent to other processes, so it stands in a module.
        workers: Processes; 1 scores in this one. By default one a core.

    Returns:
        Both tables, in the order of `test_rows`.

    Raises:
        InputError: Files are missing or lie on different grids; one line a problem, over all cases.
    """
    cases = _case_files(test_rows, predictions)
    outcomes = _score_all(cases, metrics, min(workers or os.cpu_count() or 1, len(cases)))
    problems = [line for outcome in outcomes if isinstance(outcome, InputError) for line in outcome.problems]
    if problems:
        raise InputError(problems)
    scored = [(case, outcome) for case, outcome in zip(cases, outcomes, strict=True) if isinstance(outcome, tuple)]
    return Scores(
        metrics=pd.DataFrame(
            [(*_key(case), row.structure, row.metric, row.value) for case, (rows, _) in scored for row in rows],
            columns=list(METRICS_COLUMNS),
        ),
        volumes=pd.DataFrame(
            [(*_key(case), v.structure, v.reference_ml, v.predicted_ml) for case, (_, rows) in scored for v in rows],
            columns=list(VOLUMES_COLUMNS),
        ),
    )


Outcome = tuple[list[Score], list[Volumes]] | InputError


def _case_files(test_rows: pd.DataFrame, predictions: Path) -> list[CaseFiles]:
    rows = test_rows[["case_id", "group", "parenchyma", "cortex"]].fillna("").itertuples(index=False, name=None)
    cases, problems = [], []
    for case_id, group, parenchyma, cortex in rows:
        if not parenchyma:
            problems.append(f"{case_id}: has no outline of the parenchyma; a test case needs one, or leave it out")
        cases.append(
            CaseFiles(
                case_id,
                group,
                parenchyma=Outline.parse(parenchyma),
                cortex=Outline.parse(cortex) if cortex else None,
                prediction=predictions / f"{case_id}.nii.gz",
            )
        )
    if problems:
        raise InputError(problems)
    return cases


def _score_all(cases: Sequence[CaseFiles], metrics: Mapping[str, Metric], workers: int) -> list[Outcome]:
    score = partial(_score_files, metrics=dict(metrics))
    if workers <= 1:
        return [score(case) for case in cases]
    # Forking a process that holds CUDA or a pool of threads can hang; a spawned one starts clean.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(score, cases))


def _score_files(case: CaseFiles, metrics: Mapping[str, Metric]) -> Outcome:
    try:
        pair = read_pair(case)
    except InputError as error:
        return error
    scores = score_case(pair.reference, pair.predicted, spacing_mm=pair.spacing_mm, metrics=metrics)
    return scores, measure_case(pair.reference, pair.predicted, spacing_mm=pair.spacing_mm)


def _key(case: CaseFiles) -> tuple[str, str, str]:
    return case.case_id, case.group, BOTH_SIDES
