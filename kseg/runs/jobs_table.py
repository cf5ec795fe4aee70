"""What became of the jobs of a sweep."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.errors import InputError
from kseg.runs.config import read_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import observed_state, read_status


@dataclass(frozen=True)
class Job:
    """A run of a sweep, as it stands.

    Args:
        folder: Its own.
        overrides: What was typed for it.
        state: `finished`, `failed`, `ended` (it was asked to), `interrupted`, `running`, or `not begun`.
        minutes: Over all attempts.
        objective: By name, what the checkpoint was chosen by; NaN before it was.
        seed: Of its training.
        error: Why it failed.
        draw: How its patients were dealt to the splits, apart from which of the folds it tested.
        told: Whether it said itself why it failed.
        remark: What else is to be said of it.
    """

    folder: RunFolder
    overrides: tuple[str, ...]
    state: str
    minutes: float
    objective: tuple[str, float]
    seed: int
    error: str
    draw: str = ""
    told: bool = True
    remark: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.state == "finished"

    @property
    def log(self) -> Path:
        """Where to read why it is not: its own log, unless it ended without a word there."""
        return self.folder.log if self.told or not self.folder.terminal.is_file() else self.folder.terminal


def jobs_of(folders: Sequence[Path]) -> list[Job]:
    """Read what became of the runs in these folders, in their order."""
    return [_job(RunFolder(folder)) for folder in folders]


def print_jobs(jobs: Sequence[Job], console: Console | None = None) -> None:
    """Print a row a job, and for each that failed why, and where its log lies.

    Args:
        jobs: As read.
        console: Where to; by default the terminal.
    """
    console = console or Console()
    if not jobs:
        return
    table = Table(*("run", "state", "minutes"))
    table.columns[2].justify = "right"
    objectives = {job.objective[0] for job in jobs if job.objective[0]}
    table.add_column(" ".join(sorted(objectives)) or "chosen by", justify="right")
    names = telling_names(jobs)
    for job, name in zip(jobs, names, strict=True):
        value = job.objective[1]
        table.add_row(
            Text(name),
            Text(job.state, style="" if job.is_finished else "bold red"),
            f"{job.minutes:.1f}",
            f"{value:.3f}" if value == value else "",
        )
    console.print()
    console.print(table)
    done = sum(job.is_finished for job in jobs)
    console.print(Text(f"{done} of {len(jobs)} runs are finished, in {_shown(jobs[0].folder.path.parent)}"))
    for job, name in zip(jobs, names, strict=True):
        if not job.is_finished:
            console.print(Text(f"\n{name}: {job.error or job.state}"), soft_wrap=True)
            console.print(Text(f"  {_shown(job.log)}"), soft_wrap=True)
        if job.remark:
            console.print(Text(f"\n{name}: {job.remark}"), soft_wrap=True)
    if done < len(jobs):
        console.print("\nThe same command again leaves finished runs alone and goes on with the others.")


def telling_names(jobs: Sequence[Job]) -> list[str]:
    """Name each run by those of its overrides that not all of them have; by its folder where there are none."""
    begun = [set(job.overrides) for job in jobs if job.overrides]
    shared = set.intersection(*begun) if len(begun) > 1 else set()
    return [", ".join(one for one in job.overrides if one not in shared) or job.folder.path.name for job in jobs]


FOLDS = frozenset({"split.fold", "split.group"})
"""What tells the runs apart that together test every patient once; a group held out is a fold as well."""

ROUNDS = frozenset({"seed", "split.seed", "split.repeat"})
"""What tells the times apart that every patient was tested."""


def setting_of(name: str) -> str:
    """The name of a run without its seed and fold: what it shares with the same setting's other seeds and folds."""
    return _without(name, FOLDS | ROUNDS) or "all"


def round_of(name: str) -> str:
    """The name of a run without its fold: what it shares with those that test the other patients."""
    return _without(name, FOLDS) or "all"


def _without(name: str, keys: frozenset[str]) -> str:
    return ", ".join(one for one in name.split(", ") if one.partition("=")[0].lstrip("+") not in keys)


def _draw(config: Mapping[str, Any]) -> str:
    split = config.get("split") or {}
    return ", ".join(f"split.{key}={split[key]}" for key in ("seed", "repeat") if key in split)


def _job(folder: RunFolder) -> Job:
    status = read_status(folder.status)
    try:
        config = read_config(folder.config)
    except InputError:
        config = {}
    name = str(config.get("objective", ""))
    seed, draw = int(config.get("seed", 0)), _draw(config)
    overrides = tuple(config.get("overrides", ()))
    if status is None:
        return Job(folder, overrides, "not begun", 0.0, (name, float("nan")), seed, "", draw)
    state = observed_state(status)
    if state == "failed" and status.asked:
        state = "ended"
    chosen = status.chosen.get(name, float("nan"))
    minutes = sum(status.seconds.values()) / 60
    return Job(folder, overrides, state, minutes, (name, chosen), seed, status.error, draw, status.told)


def _shown(path: Path) -> str:
    """The path from where the user is, if it lies below."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
