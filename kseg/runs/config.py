"""The config that a run keeps: resolved, plain, enough to resume and repeat it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from kseg.errors import InputError
from kseg.images import write_atomically

Config = dict[str, Any]
"""A resolved config: dicts, lists, strings, numbers, booleans, None."""


def resolved(config: DictConfig) -> Config:
    """Resolve every interpolation.

    Args:
        config: As Hydra composed it.

    Returns:
        Plain containers.

    Raises:
        InputError: A value that the user must give (`???`) was not given.
    """
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise InputError([f"{key} has no value; give it on the command line: {key}=..." for key in missing])
    plain = OmegaConf.to_container(config, resolve=True)
    return {str(key): value for key, value in plain.items()} if isinstance(plain, dict) else {}


def write_config(path: Path, config: Config) -> None:
    """Write a run's config.yaml."""
    write_atomically(path, OmegaConf.to_yaml(OmegaConf.create(config)).encode())


def read_config(path: Path) -> Config:
    """Read a run's config.yaml.

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError(f"{path.parent} is no run: it has no {path.name}")
    plain = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    return {str(key): value for key, value in plain.items()} if isinstance(plain, dict) else {}
