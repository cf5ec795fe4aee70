"""Is this a new run, or one to go on with; and may it be?"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from kseg.errors import InputError
from kseg.runs.choosing import held_in
from kseg.runs.config import Config, made_place, read_config, resolved, write_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import observed_state, read_status
from kseg.runs.trust import OF_TRAINING, refuse_foreign

BUDGET = frozenset({"trainer.max_steps", "trainer.max_epochs", "trainer.max_time"})
"""What may change in a run that stands: it is trained further."""

PLACES = frozenset({"run_dir", "repeat", "trust"})
"""What says which run is meant, and that it may run what it names."""


@dataclass(frozen=True)
class Opened:
    """A run as it is about to go on.

    Args:
        config: To run with; it stands in the folder.
        is_finished: Whether nothing is left to do.
    """

    config: Config
    is_finished: bool


def open_run(run: RunFolder, composed: DictConfig) -> Opened:
    """Give a new run the config just composed, or that of the run it repeats; let one that stands go on from its own.

    Args:
        run: The folder, new or not.
        composed: By Hydra, with the typed overrides under `overrides`.

    Returns:
        The config, and whether the run is finished; a larger budget than before makes it unfinished.

    Raises:
        InputError: A run that stands, or that is to be repeated, was given other values; or one that began in another
            place calls what kseg's own configuration does not, see `kseg.runs.trust`.
    """
    typed = list(HydraConfig.get().overrides.task)
    if run.config.is_file():
        if not _was_made_in(run):
            refuse_foreign(read_config(run.config), OF_TRAINING, origin=run.path, trust=composed.trust)
        return _go_on(run, composed, typed)
    if composed.repeat:
        _copy(RunFolder(Path(composed.repeat)), run, typed, trust=composed.trust)
        return Opened(read_config(run.config), is_finished=False)
    config = resolved(composed)
    write_config(run.config, config)
    return Opened(config, is_finished=False)


def refuse_folder_of_runs(run: RunFolder) -> None:
    """Stop where a run would begin in a folder of runs: one of these was meant, or a new folder.

    Raises:
        InputError: The folder is no run, but holds some.
    """
    if not run.config.is_file() and (held := held_in(run.path)):
        raise InputError(f"run_dir={run.path} is no run{held}; to go on with a run give its own folder, else a new one")


def sized_config(run: RunFolder, composed: DictConfig) -> Config:
    """The config whose size a dry run tells: of the run that stands in the folder, or the one just composed.

    Raises:
        InputError: A run that stands was given other values, or a value is missing.
    """
    if not run.config.is_file():
        return resolved(composed)
    config = read_config(run.config)
    asked = PLACES | {"dry_run", "memory_gb"}
    changed = [one for one in composed.overrides if one not in config["overrides"] and key_of(one) not in asked]
    if changed:
        raise InputError(f"{run.path} is sized with its own config; leave out {' '.join(changed)}")
    return {**config, "memory_gb": composed.memory_gb}


def differing(run: RunFolder, typed: list[str]) -> list[str]:
    """What tells a run that stands from what was typed now, in one of the two only; a larger budget does not."""
    if not run.config.is_file():
        return []
    kept = set(read_config(run.config)["overrides"])
    return sorted(one for one in kept ^ set(typed) if key_of(one) not in BUDGET | {"sweep_dir"})


def _go_on(run: RunFolder, composed: DictConfig, typed: list[str]) -> Opened:
    config = read_config(run.config)
    status = read_status(run.status)
    finished = status is not None and status.state == "finished"
    new = [override for override in typed if override not in config["overrides"] and key_of(override) not in PLACES]
    if not new:
        return Opened(config, finished)
    changed = [override for override in new if key_of(override) not in BUDGET]
    if changed:
        raise InputError(f"{run.path} goes on from its own config; leave out {' '.join(changed)}, or start a new run")
    if status is not None and observed_state(status) == "running":
        raise InputError(f"{run.path} is still going on; its budget can change when it has ended")
    extended = _extended(run, config, composed, new)
    write_config(run.config, extended)
    return Opened(extended, is_finished=False)


def _extended(run: RunFolder, config: Config, composed: DictConfig, new: list[str]) -> Config:
    names = {key_of(override).rpartition(".")[2] for override in new}
    before, trainer = config["trainer"], resolved(composed)["trainer"]
    smaller = [f"trainer.{name}={before[name]}" for name in names if _amount(trainer[name]) <= _amount(before[name])]
    if smaller:
        raise InputError(f"{run.path} has {' '.join(sorted(smaller))}; only a larger budget can extend it")
    kept = [override for override in config["overrides"] if key_of(override) not in {key_of(one) for one in new}]
    budget = {name: trainer[name] for name in names}
    return {**config, "trainer": {**before, **budget}, "overrides": [*kept, *new]}


def _amount(budget: int | str | None) -> float:
    """Steps, epochs, or seconds of days:hours:minutes:seconds; no bound is more than any."""
    if budget is None or budget == -1:
        return math.inf
    if isinstance(budget, str):
        days, hours, minutes, seconds = map(int, budget.split(":"))
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return float(budget)


def _was_made_in(run: RunFolder) -> bool:
    """Whether the run stands where it began, so that who goes on with it has made it."""
    made_in = made_place(run.config)
    return made_in is not None and Path(made_in).resolve() == run.path.resolve()


def _copy(old: RunFolder, run: RunFolder, typed: list[str], *, trust: bool) -> None:
    """Begin a run with the settled config and the cohort of another; reading moves what lay in its folder."""
    changed = [override for override in typed if key_of(override) not in PLACES]
    if changed:
        raise InputError(f"{old.path} is repeated with its own config; leave out {' '.join(changed)}")
    refuse_foreign(read_config(old.config), OF_TRAINING, origin=old.path, trust=trust)
    run.path.mkdir(parents=True, exist_ok=True)
    for file, copy in ((old.cohort, run.cohort), (old.config, run.config)):
        if file.is_file():
            shutil.copyfile(file, copy)


def key_of(override: str) -> str:
    """The key of `key=value`, without the marks by which Hydra adds or removes it."""
    return override.partition("=")[0].lstrip("+~")
