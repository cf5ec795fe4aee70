"""Is this a new run, or one to go on with; and may it be?"""

from __future__ import annotations

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from kseg.errors import InputError
from kseg.runs.config import Config, read_config, resolved, write_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import read_status


def open_run(run: RunFolder, composed: DictConfig) -> Config:
    """Give a new run the config just composed; let one that stands already go on from its own.

    Args:
        run: The folder, new or not.
        composed: By Hydra, with the typed overrides under `overrides`.

    Returns:
        The config to run with; it stands in the folder.

    Raises:
        InputError: A run that stands was given other values, or a sweep was asked for what it cannot do.
    """
    typed = list(HydraConfig.get().overrides.task)
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        _refuse_in_a_sweep(typed, composed)
    if not run.config.is_file():
        config = resolved(composed)
        write_config(run.config, config)
        return config
    config = read_config(run.config)
    changed = [override for override in typed if override not in config["overrides"] and not _is_place(override)]
    if changed:
        raise InputError(f"{run.path} goes on from its own config; leave out {' '.join(changed)}, or start a new run")
    return config


def is_finished(run: RunFolder) -> bool:
    """Whether nothing is left to do."""
    status = read_status(run.status)
    return status is not None and status.state == "finished"


def _refuse_in_a_sweep(typed: list[str], composed: DictConfig) -> None:
    problems = []
    if any(_is_place(override) for override in typed):
        problems.append("run_dir places a single run; a sweep names its runs' folders by their overrides: leave it out")
    if (composed.trainer.devices, composed.trainer.num_nodes) != (1, 1):
        problems.append(
            "a run of several processes cannot be part of a sweep (-m): each process would start the whole sweep;"
            " leave out -m and start such runs one by one"
        )
    if problems:
        raise InputError(problems)


def _is_place(override: str) -> bool:
    return override.startswith("run_dir=")
