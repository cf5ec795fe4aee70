"""What has to be carried along of a trained network, so that it predicts without the training's folder?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd
from torch import Tensor

from kseg.clinical.cohort import cohort_digest, read_cohort, taught_cortex
from kseg.errors import InputError
from kseg.models.weights import weights_in
from kseg.report.tables import read_table
from kseg.runs.config import Config, read_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import read_status

SCORES = ("structure", "metric", "group", "n", "n_missing", "mean", "sd", "median", "q1", "q3")
"""Of groups.csv: all but what a single patient had; nor is a group of one told of."""


@dataclass(frozen=True)
class Carried:
    """One trained network.

    Args:
        model: The part `model` of its run's config.
        prepare: The part `prepare`.
        prediction: The part `prediction`.
        precision: In which it was trained, in Lightning's words.
        divided: Whether it was taught to tell cortex from medulla.
        provenance: What it was made with and of, and how well it did; for reading, nothing is done by it.
        weights: By their names in the module.
    """

    model: Config
    prepare: Config
    prediction: Config
    precision: str | int
    divided: bool
    provenance: Config
    weights: dict[str, Tensor]

    @property
    def config(self) -> Config:
        """The parts that are to be built, as in a run's config."""
        return {"model": self.model, "prepare": self.prepare}


def carried_of(run: RunFolder) -> Carried:
    """Gather what a run left behind.

    Args:
        run: Trained; its predictions and its patients' CTs are not needed.

    Raises:
        InputError: The folder is no run, or has no weights yet.
    """
    config, cohort = read_config(run.config), read_cohort(run.cohort)
    try:
        return Carried(
            model=config["model"],
            prepare=config["prepare"],
            prediction=config["prediction"],
            precision=config["trainer"]["precision"],
            divided=taught_cortex(cohort),
            provenance=_provenance(run, config),
            weights=weights_in(run.chosen_checkpoint),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{run.config}: is no config of a training; it lacks {error}") from error


def places_in(value: Any) -> Iterator[str]:
    """Find words that are places on a disk, and tell of whose: they would lead nowhere elsewhere.

    Args:
        value: Plain containers.
    """
    if isinstance(value, dict):
        for key, content in value.items():
            yield from places_in(key)
            yield from places_in(content)
    elif isinstance(value, list):
        for content in value:
            yield from places_in(content)
    elif isinstance(value, str) and _is_place(value):
        yield value


def _is_place(word: str) -> bool:
    return PurePosixPath(word).is_absolute() or PureWindowsPath(word).is_absolute() or word.startswith("~")


def _provenance(run: RunFolder, config: Config) -> Config:
    """Who made it, where, and of whom, is left out: no host, no user, no paths, no ids."""
    cohort, status = read_cohort(run.cohort), read_status(run.status)
    counts = cohort.groupby(["group", "split"]).size().rename("cases").reset_index()
    chosen = status.chosen.items() if status else ()
    return {
        "name": config["name"],
        "seed": config["seed"],
        "data": config["data"]["_target_"],
        "trained_on": f"{datetime.fromtimestamp(status.started, UTC):%Y-%m-%d}" if status else "",
        "versions": dict(status.versions) if status else {},
        "git_commit": status.git_commit if status else "",
        "cohort": {
            "sha256": cohort_digest(cohort),
            "counts": _rows(counts),
        },
        "validation": {name: None if isnan(value) else value for name, value in chosen},
        "test": _scores(run.groups),
    }


def _scores(groups: Path) -> list[Config]:
    """How well the test patients were outlined; nothing where the run has not come to it."""
    if not groups.is_file():
        return []
    table = read_table(groups, required=SCORES)[list(SCORES)]
    return _rows(table[table["n"] > 1])


def _rows(table: pd.DataFrame) -> list[Config]:
    """Plain numbers and words; None where a number is missing."""
    names, cells = list(table.columns), table.astype(object).where(table.notna(), None)
    return [dict(zip(names, row, strict=True)) for row in cells.to_numpy().tolist()]
