"""A training as it is told to W&B, from its first stage to its end, whatever that is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd
from hydra.utils import instantiate
from lightning.pytorch.loggers import Logger

from kseg.clinical.cohort import cohort_digest, read_cohort
from kseg.runs.config import Config
from kseg.runs.folder import RunFolder
from kseg.runs.record import RunRecord
from kseg.tracking.artifacts import COHORT, REPORT, WEIGHTS, keep_report, keep_weights, staged, use_cohort
from kseg.tracking.facts import RunFacts
from kseg.tracking.guard import CHOICE, END, FILES, REPORT_COPY, RESULTS, START, Guard
from kseg.tracking.report_copy import write_both
from kseg.tracking.results import tell_results, worst_named
from kseg.tracking.wandb_logger import WandbLogger

log = logging.getLogger("kseg")


class Tracked:
    """Tells the chosen logger of a run; without one, or with one that is not W&B, most of this does nothing.

    Args:
        run: The run's folder.
        config: As it stands before the cohort is read.
        record: Of the run.
    """

    def __init__(self, run: RunFolder, config: Config, record: RunRecord) -> None:
        self.run, self.config, self.record = run, config, record
        self.cohort: pd.DataFrame | None = None
        self.logger: Logger | None = None
        self.guard = Guard()
        self.chosen: dict[str, float] = {}

    @property
    def _wandb(self) -> WandbLogger | None:
        return self.logger if isinstance(self.logger, WandbLogger) and self.logger.run.run is not None else None

    def start(self, config: Config, cohort: pd.DataFrame | None) -> Logger | bool:
        """Start the chosen logger.

        Args:
            config: As settled.
            cohort: Of the run; None where it was not read.

        Returns:
            For Lightning's Trainer: the logger, or False for none.
        """
        self.config, self.cohort = config, cohort
        if not config["logger"]:
            return False
        self.logger = self.guard.call(lambda: self._begun(config), of=START)
        told = self._wandb
        if told and cohort is not None and COHORT in told.artifacts:
            told.run.guard.call(lambda: use_cohort(told.run, cohort), of=FILES)
        return self.logger or False

    def choose(self, measured: Mapping[str, float]) -> None:
        """Tell the values of the validation that chose the checkpoint: W&B would keep the last one's."""
        self.chosen = dict(measured)
        told = self._wandb
        if told:
            told.run.guard.call(lambda: told.run.summarize({**measured, **worst_named(measured)}), of=CHOICE)

    def reporting(self, config: Config) -> Config:
        """A config whose report is also written as a copy that may leave the machine, where W&B keeps one."""
        told = self._wandb
        if not told or REPORT not in told.artifacts or not config["report"] or told.run.redaction.key is None:
            return config
        copy = told.run.guard.call(lambda: staged(told.run, "report.html"), of=REPORT_COPY)
        if copy is None:
            return config
        both = {
            "_target_": f"{write_both.__module__}.{write_both.__name__}",
            "_partial_": True,
            "write": config["report"],
            "copy": copy,
            "told": told.run,
        }
        return {**config, "report": both}

    def results(self, means: Mapping[str, float]) -> None:
        """Tell tables, plots, pictures and files of the run as they stand at its end.

        Args:
            means: From `describe_and_report`.
        """
        told, cohort = self._wandb, self.cohort
        if not told or cohort is None:
            return
        guard, run = told.run.guard, told.run
        run.summarize(means)
        guard.call(lambda: tell_results(run, self.run, self.config, cohort), of=RESULTS)
        if WEIGHTS in told.artifacts:
            guard.call(lambda: keep_weights(run, self.run.chosen_checkpoint, self.config, self.chosen), of=FILES)
        if REPORT in told.artifacts:
            guard.call(lambda: keep_report(run, staged(run, "report.html")), of=FILES)

    def end(self, error: BaseException | None) -> None:
        """End the run as it ended, one that broke before its training began among them."""
        if error is not None and self.logger is None:
            self.start(self.config, self.cohort if self.cohort is not None else self._kept_cohort())
        told = self._wandb
        if not told:
            return
        self.guard.call(lambda: told.run.end(error), of=END)
        if error is not None and not self.run.last_checkpoint.is_file():
            return  # nothing was trained that logging could have held up
        spent, trained = told.run.guard.seconds, self.record.status.seconds.get("fit", 0.0)
        share = f", {spent / trained:.1%} of the training's {trained:.0f} s" if trained else ""
        log.info("Logging took %.1f s%s", spent, share)

    def _begun(self, config: Config) -> Logger:
        logger: Logger = instantiate(config["logger"], _convert_="all")(self._facts())
        return logger

    def _kept_cohort(self) -> pd.DataFrame | None:
        """The cohort that an earlier attempt left, if one did: its ids are to be hidden."""
        return self.guard.call(lambda: read_cohort(self.run.cohort), of=START) if self.run.cohort.is_file() else None

    def _facts(self) -> RunFacts:
        status = self.record.status
        provenance: dict[str, Any] = {"versions": status.versions, "git_commit": status.git_commit}
        if self.cohort is not None:
            provenance["cohort_digest"] = cohort_digest(self.cohort)
        before = sum(attempt["last_seen"] - attempt["started"] for attempt in status.earlier)
        attempt = len(status.earlier) + 1
        return RunFacts(self.run.path, status.tracking_id, attempt, self.config, provenance, self.cohort, before)


@contextmanager
def tracked(run: RunFolder, config: Config, record: RunRecord) -> Iterator[Tracked]:
    """Tell of a run while the block runs, and then how it ended; see `Tracked`."""
    told = Tracked(run, config, record)
    try:
        yield told
    except BaseException as error:
        told.end(error)
        raise
    told.end(None)
