"""A run before it begins, and a sweep from its command to the table at its end: what Hydra calls on the way."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, ListConfig, OmegaConf

from kseg.errors import InputError
from kseg.runs.folder import RunFolder
from kseg.runs.gpus import jobs_at_a_time
from kseg.runs.jobs_table import jobs_of, print_jobs
from kseg.runs.naming import folder_name
from kseg.runs.opening import refuse_folder_of_runs
from kseg.runs.sweep import Sweep
from kseg.runs.telling import told_plainly


def folder_name_of_a_job(overrides: Sequence[str]) -> str:
    """Name a job's folder; see `kseg.runs.naming`."""
    sweep = Sweep.current()
    return folder_name(overrides, sweep.swept if sweep else ())


# what train.yaml asks for; launchers' processes import this file too
OmegaConf.register_new_resolver("folder_name", folder_name_of_a_job, replace=True)
OmegaConf.register_new_resolver("jobs_at_a_time", jobs_at_a_time, replace=True)

RUN_DIR_REFUSED = (
    "run_dir places a single run; a sweep names its runs' folders by their overrides:"
    " leave it out, or place the whole sweep with sweep_dir"
)


class SweepTold(Callback):
    """Refuses a run among runs; tells what became of a sweep's jobs, ends them on Ctrl-C, exits with 1 if one failed.

    Hydra copies it into the processes of its launchers; it acts in the one that was started by the user.
    """

    def __init__(self) -> None:
        self.sweep: Sweep | None = None
        self.told = False
        self.goes_on_without = False

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Refuse a run where runs lie, before Hydra begins a log there."""
        with told_plainly():
            refuse_folder_of_runs(RunFolder(Path(str(config.hydra.run.dir))))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Refuse what a sweep cannot do; listen for Ctrl-C."""
        if any(override.startswith("run_dir=") for override in config.hydra.overrides.task):
            print(f"kseg: {RUN_DIR_REFUSED}", file=sys.stderr)
            raise SystemExit(1)
        self.sweep = Sweep.begun(Path(str(config.hydra.sweep.dir)), _swept(config.hydra))
        self.goes_on_without = "slurm" in str(config.hydra.launcher.get("_target_", "")).lower()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        atexit.register(self._tell)
        if search := config.hydra.sweeper.get("storage"):
            _go_on_with(config.hydra.sweeper, str(search))

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Tell, and exit with 1 if a job is not finished."""
        try:
            finished = self._tell()
        except Exception as error:  # Hydra would make a warning of it
            print(f"kseg: the runs cannot be told: {error}", file=sys.stderr)
            raise SystemExit(1) from error
        if not finished:
            raise SystemExit(1)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Let go of a job's config, which Hydra would hold until the sweep ends: half a megabyte a job."""
        job_return.cfg = job_return.hydra_cfg = None

    def _tell(self) -> bool:
        """Whether all jobs are finished."""
        if self.sweep is None or self.told:
            return False
        self.told = True
        noted = self.sweep.noted()
        jobs = [
            replace(job, state="refused", error=refused) if refused else replace(job, remark=remark)
            for job, (_, refused, remark) in zip(jobs_of([run for run, *_ in noted]), noted, strict=True)
        ]
        print_jobs(jobs)
        finished = all(job.is_finished for job in jobs)
        if finished or not self.goes_on_without:  # the jobs of a cluster still look there
            self.sweep.forget()
        return finished

    def _end(self, number: int, frame: FrameType | None) -> None:
        sweep = self.sweep
        if sweep is None or sweep.asked_by is not None:
            raise KeyboardInterrupt
        if self.goes_on_without:
            print("The jobs go on in SLURM; `scancel` ends them.", file=sys.stderr)
            raise SystemExit(128 + number)
        print("Ending: each run saves itself first. Once more ends at once.", file=sys.stderr)
        sweep.ask_to_end(number)


def _swept(hydra: DictConfig) -> list[str]:
    """The keys of which several values are tried: typed, or in a file."""
    typed = OverridesParser.create().parse_overrides(list(hydra.overrides.task))
    return [*(str(one.key_or_group) for one in typed if one.is_sweep_override()), *(hydra.sweeper.get("params") or {})]


def _go_on_with(sweeper: DictConfig, storage: str) -> None:
    """Let a stored search try what it has not tried yet."""
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"  # Optuna's own affair: it wants SQLAlchemy before 2
    from kseg.runs.study import trials_left

    directions = sweeper.get("direction") or "maximize"
    several = directions if isinstance(directions, ListConfig) else [directions]
    directions = [str(getattr(one, "name", one)) for one in several]
    try:
        left, begun = trials_left(storage, str(sweeper.study_name), int(sweeper.n_trials), directions)
    except InputError as error:  # Hydra would make a warning of it, and search
        print(f"kseg: {error}", file=sys.stderr)
        raise SystemExit(1) from error
    sweeper.n_trials = left
    if sweeper.sampler.get("seed") is not None:
        sweeper.sampler.seed += begun  # else it would draw anew what it drew before
