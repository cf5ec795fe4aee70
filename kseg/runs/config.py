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

    Args:
        path: In the run's folder; if that was moved or copied, what lay in the old folder is looked for in the new one.

    Returns:
        The config, plain.

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError(f"{path.parent} is no run: it has no {path.name}")
    plain: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    old = plain.get("paths", {}).get("run")
    found: Config = moved(plain, old, str(path.parent.absolute())) if old else plain
    return found


def moved(value: Any, old: str, new: str) -> Any:
    """Put one folder in the place of another, in every path of a config that leads to it or below."""
    if isinstance(value, dict):
        return {key: moved(content, old, new) for key, content in value.items()}
    if isinstance(value, list):
        return [moved(content, old, new) for content in value]
    is_below = isinstance(value, str) and (value == old or value.startswith(f"{old}/"))
    return new + value[len(old) :] if is_below else value
