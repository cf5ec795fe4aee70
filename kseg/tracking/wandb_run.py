"""A run in Weights & Biases: its name, its group, what it may know, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import wandb
from lightning.pytorch.loggers import Logger, WandbLogger

from kseg.tracking.facts import RunFacts
from kseg.tracking.redaction import HIDDEN, redacted, tellable

DEFAULT_NAME = "defaults"
"""The name of a run to which the command line changed nothing."""


def wandb_logger(
    facts: RunFacts,
    *,
    project: str,
    group: str,
    overrides: Sequence[str],
    tags: Sequence[str],
    folder: str,
    mode: str,
) -> Logger:
    """Start a run in W&B, or go on with it under its old id.

    What W&B gathers by itself (host, user, command line, git remote, console) is switched off: it may name patients.

    Args:
        facts: Of the run.
        project: W&B's project.
        group: The sweep or experiment.
        overrides: What the command line changed: they name the run.
        tags: Network and data.
        folder: Holds W&B's folder `wandb`, shared by all runs so that one command lists or syncs them.
        mode: `offline`, `online` or `disabled`.

    Returns:
        Lightning's logger.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        host=HIDDEN,
        silent=True,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_save_requirements=False,
    )
    run = wandb.init(
        project=project,
        group=group,
        job_type="train",
        name=",".join(tellable(overrides)) or DEFAULT_NAME,
        tags=list(tags),
        dir=folder,
        id=facts.tracking_id,
        resume="allow",
        mode=mode,  # type: ignore[arg-type]
        config={**redacted(facts.config), **facts.provenance, "attempt": facts.attempt},
        settings=settings,
    )
    return WandbLogger(experiment=run)


def summarize(values: Mapping[str, float]) -> None:
    """Write values into the summary of the run in W&B, if there is one."""
    if wandb.run is not None:
        wandb.run.summary.update(dict(values))


def end_run(error: BaseException | None) -> None:
    """End the run in W&B, if there is one: finished, or failed with the error's kind as its reason.

    The error's text stays on the machine: it may hold a path or a patient's id.
    """
    if wandb.run is None:
        return
    wandb.run.summary["ended"] = "finished" if error is None else type(error).__name__
    wandb.finish(exit_code=0 if error is None else 1)
