"""Files that W&B keeps of a run: weights, report, tables, each redacted, with the cohort they come from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import wandb

from kseg.clinical.cohort import cohort_digest
from kseg.images import write_atomically
from kseg.runs.config import Config, write_config
from kseg.tracking.wandb_run import WandbRun

COHORT, WEIGHTS, REPORT = "cohort", "weights", "report"
"""What may be kept."""

SHORT_DIGEST = 12
LONGEST_TABLE = 200_000
"""Rows that W&B shows at most; by default it would cut off a table's eleven-thousandth."""


def use_cohort(told: WandbRun, cohort: pd.DataFrame) -> None:
    """Say which cohort a run learnt from: its digest, and how many cases each group and split has.

    Args:
        told: The run in W&B.
        cohort: With the columns of `kseg.clinical.cohort.COHORT_COLUMNS`.
    """
    digest = cohort_digest(cohort)
    counts = cohort.groupby(["group", "split"], sort=False).size().rename("cases").reset_index()
    metadata = {"digest": digest, "cases": len(cohort), "counts": counts.to_dict("records")}
    file = staged(told, "counts.csv")
    write_atomically(file, counts.to_csv(index=False).encode())
    artifact = wandb.Artifact(f"cohort-{digest[:SHORT_DIGEST]}", type=COHORT, metadata=metadata)
    _add(artifact, file, told.account.folder)
    # private: `use_artifact` refuses when offline, and waits for the server when online; this is what it calls
    with told.answered():
        told.run._log_artifact(artifact, is_user_created=True, use_after_commit=True)


def keep_weights(told: WandbRun, checkpoint: Path, config: Config, chosen: Mapping[str, float]) -> None:
    """Keep a network's weights, and the config to build it; a checkpoint itself holds the paths of its run.

    Args:
        told: The run in W&B.
        checkpoint: Written by Lightning.
        config: The run's.
        chosen: What the validation measured.
    """
    import torch

    content = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
    weights, settings = staged(told, "weights.pt"), staged(told, "config.yaml")
    torch.save({"state_dict": content["state_dict"], "global_step": content["global_step"]}, weights)
    write_config(settings, told.redaction.config(config))
    artifact = wandb.Artifact(f"{WEIGHTS}-{told.id}", type="model", metadata={**chosen, "step": content["global_step"]})
    for file in (weights, settings):
        _add(artifact, file, told.account.folder)
    with told.answered():
        told.run.log_artifact(artifact)


def keep_report(told: WandbRun, report: Path) -> None:
    """Keep a report that `kseg.tracking.report_copy` has written; nothing where it could not."""
    if not report.is_file():
        return
    artifact = wandb.Artifact(f"{REPORT}-{told.id}", type=REPORT)
    _add(artifact, report, told.account.folder)
    with told.answered():
        told.run.log_artifact(artifact)


def table_of(told: WandbRun, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Turn tables into W&B's, whole, and keep them as one artifact.

    W&B would make an artifact of each by itself, with the machine's path to it in the run's file. `bind_to_run` and
    `local_path` are no part of what W&B promises to keep.

    Args:
        told: The run in W&B.
        tables: By name, redacted.

    Returns:
        By name, what is to be logged.
    """
    wandb.Table.MAX_ROWS = LONGEST_TABLE
    made = {name: wandb.Table(columns=list(table.columns), data=_cells(table)) for name, table in tables.items()}
    run = told.run
    artifact = wandb.Artifact(f"tables-{run.id}", type="tables")
    for name, table in made.items():
        entry = artifact.add(table, name)
        entry.local_path = _short(entry.local_path, told.account.folder)
    with told.answered():
        run.log_artifact(artifact)
    for name, table in made.items():
        table.bind_to_run(run, name, run.step)  # type: ignore[no-untyped-call]
    return dict(made)


def staged(told: WandbRun, name: str) -> Path:
    """Where a file waits for its upload, inside W&B's folder."""
    folder = told.account.folder.absolute() / "wandb" / "artifacts" / "kseg" / told.id
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _add(artifact: wandb.Artifact, file: Path, folder: Path) -> None:
    entry = artifact.add_file(str(file), name=file.name, policy="immutable")
    entry.local_path = _short(file, folder)


def _short(path: str | Path | None, folder: Path) -> str:
    """The path from where W&B's service works, and from where `wandb sync` is to be called: it tells nothing."""
    return os.path.relpath(path or "", folder.absolute())


def _cells(table: pd.DataFrame) -> list[Any]:
    """Plain numbers and words; None where a number is missing."""
    cells = table.astype(object).where(table.notna(), None)
    rows: list[Any] = cells.to_numpy().tolist()
    return rows
