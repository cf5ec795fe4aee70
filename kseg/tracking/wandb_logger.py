"""W&B as Lightning's logger: a training's curves and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger

from kseg.tracking.facts import RunFacts, fold_of
from kseg.tracking.redaction import redaction_of
from kseg.tracking.wandb_run import Account, WandbRun


class WandbLogger(Logger):
    """What Lightning logs, told to a `WandbRun`.

    Lightning's own logger for W&B lets errors of W&B end a training.

    Args:
        run: The run in W&B.
        pictures_every: Validations from one that is shown to the next; 0 for none.
        artifacts: Which files are kept in W&B: `cohort`, `weights`, `report`.
    """

    def __init__(self, run: WandbRun, *, pictures_every: int, artifacts: Sequence[str]) -> None:
        super().__init__()
        self.run, self.pictures_every, self.artifacts = run, pictures_every, tuple(artifacts)

    @property
    def name(self) -> str:
        """W&B's project."""
        return self.run.account.project

    @property
    def version(self) -> str:
        """W&B's id of the run."""
        return self.run.id

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """One line of curves; Lightning calls this."""
        self.run.log(metrics, step)

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: the config is told at the start, redacted."""

    def log_pictures(self, pictures: Mapping[str, Any], step: int) -> None:
        """Pictures from `kseg.tracking.pictures`, by name."""
        self.run.log(pictures, step)


def wandb_logger(
    facts: RunFacts,
    *,
    project: str,
    group: str,
    overrides: Sequence[str],
    tags: Sequence[str],
    folder: str,
    mode: str,
    pictures_every: int = 1,
    artifacts: Sequence[str] = (),
    patience_s: float = 30.0,
    upload_s: float = 600.0,
) -> WandbLogger:
    """Start a training's run in W&B, or go on with it under its old id.

    Args:
        facts: Of the run.
        project: See `Account`.
        group: See `Account`.
        overrides: What the command line changed: they name the run.
        tags: Network and data; the fold joins them where there is one.
        folder: See `Account`.
        mode: See `Account`.
        pictures_every: See `WandbLogger`.
        artifacts: See `WandbLogger`.
        patience_s: See `Account`.
        upload_s: See `Account`.

    Returns:
        Lightning's logger.
    """
    account = Account(project, group, Path(folder), mode, patience_s, upload_s)
    run = WandbRun(
        facts, account, redaction_of(facts), kind="train", overrides=overrides, tags=[*tags, *fold_of(facts.config)]
    )
    return WandbLogger(run, pictures_every=pictures_every, artifacts=artifacts)
