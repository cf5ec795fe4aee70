"""How well do the predicted label maps of a cohort match the outlines: metrics.csv and volumes.csv."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import track

from kseg.errors import InputError
from kseg.labels import BOTH_SIDES
from kseg.metrics.pair import CaseFiles, Pair, read_pair
from kseg.metrics.score import Divided, Metric, Score, Volumes, measure_case, score_case
from kseg.metrics.sides import Side
from kseg.outlines import Outline

METRICS_COLUMNS = ("case_id", "group", "side", "structure", "metric", "value")
VOLUMES_COLUMNS = ("case_id", "group", "side", "structure", "reference_ml", "predicted_ml")


@dataclass(frozen=True)
class Scores:
    """What a cohort's predictions are worth.

    Args:
        metrics: A row a case, side, structure and metric, with `METRICS_COLUMNS`.
        volumes: A row a case, side and structure, with `VOLUMES_COLUMNS`.
    """

    metrics: pd.DataFrame
    volumes: pd.DataFrame


@dataclass(frozen=True)
class Scoring:
    """How a case is scored.

    Args:
        metrics: The name in the table, and the function.
        divided: Whether the network was taught to tell cortex from medulla.
        sides: Whether each kidney is scored by itself, too.
    """

    metrics: Mapping[str, Metric]
    divided: bool = True
    sides: bool = False


def score_cohort(
    test_rows: pd.DataFrame,
    predictions: Path,
    *,
    metrics: Mapping[str, Metric],
    divided: bool = True,
    sides: bool = False,
    workers: int | None = None,
    progress: bool = False,
) -> Scores:
    """Score the predictions of a cohort's test cases, several cases at a time.

    Args:
        test_rows: The cohort's rows to score, with `case_id`, `group`, `parenchyma` and `cortex` (outlines as
            `kseg.outlines.Outline` writes them; the cortex's may be empty).
        predictions: The folder that holds `<case_id>.nii.gz`.
        metrics: The name in the table, and the function; it is sent to other processes, so it stands in a module.
        divided: Whether the network was taught to tell cortex from medulla: of an empty prediction nobody can see it.
        sides: Whether each kidney has rows of its own, `right` and `left`, beside those of `both`; a side on which
            neither the outline nor the prediction has a kidney has none. `kseg.metrics.kidneys` tells them apart.
        workers: Processes; 1 scores in this one. By default one a core.
        progress: Whether a bar is shown.

    Returns:
        Both tables, in the order of `test_rows`.

    Raises:
        InputError: Files are missing or lie on different grids; one line a problem, over all cases.
    """
    cases = _case_files(test_rows, predictions)
    scoring = Scoring(dict(metrics), divided, sides)
    done = _score_all(cases, scoring, min(workers or os.cpu_count() or 1, len(cases)))
    outcomes = list(track(done, "Scoring test patients", total=len(cases), disable=not progress))
    problems = [line for outcome in outcomes if isinstance(outcome, InputError) for line in outcome.problems]
    if problems:
        raise InputError(problems)
    scored = [(case, part) for case, parts in zip(cases, outcomes, strict=True) for part in _sound(parts)]
    return Scores(
        metrics=pd.DataFrame(
            [(*_key(case, part), row.structure, row.metric, row.value) for case, part in scored for row in part.scores],
            columns=list(METRICS_COLUMNS),
        ),
        volumes=pd.DataFrame(
            [
                (*_key(case, part), v.structure, v.reference_ml, v.predicted_ml)
                for case, part in scored
                for v in part.volumes
            ],
            columns=list(VOLUMES_COLUMNS),
        ),
    )


@dataclass(frozen=True)
class Part:
    """What was found in one case of one kidney, or of both."""

    side: str
    scores: list[Score]
    volumes: list[Volumes]


Outcome = list[Part] | InputError


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


def _score_all(cases: Sequence[CaseFiles], scoring: Scoring, workers: int) -> Iterator[Outcome]:
    score = partial(_score_files, scoring=scoring)
    if workers <= 1:
        yield from map(score, cases)
        return
    # Forking a process that holds CUDA or a pool of threads can hang; a spawned one starts clean.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(score, cases)


def _score_files(case: CaseFiles, scoring: Scoring) -> Outcome:
    try:
        pair = read_pair(case, sides=scoring.sides)
    except InputError as error:
        return error
    otherwise = Divided(reference=case.cortex is not None, predicted=scoring.divided)
    divided = Divided.by(pair.reference, pair.predicted, otherwise)
    spacing_mm = pair.spacing_mm
    return [
        Part(
            side,
            score_case(reference, predicted, spacing_mm=spacing_mm, metrics=scoring.metrics, divided=divided),
            measure_case(reference, predicted, spacing_mm=spacing_mm, divided=divided),
        )
        for side, reference, predicted in _parts(pair)
    ]


def _parts(pair: Pair) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
    yield BOTH_SIDES, pair.reference, pair.predicted
    if pair.sides is None:
        return
    for side in Side:
        outlined, found = (sides == side for sides in pair.sides)
        if outlined.any() or found.any():
            yield side.name.lower(), pair.reference * outlined, pair.predicted * found


def _sound(outcome: Outcome) -> Iterable[Part]:
    return () if isinstance(outcome, InputError) else outcome


def _key(case: CaseFiles, part: Part) -> tuple[str, str, str]:
    return case.case_id, case.group, part.side
