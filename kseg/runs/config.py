"""The config that a run keeps: resolved, plain, enough to resume and repeat it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.runs.choosing import held_in

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
        InputError: There is none, or it cannot be read.
    """
    plain = _loaded(path)
    old = _place_in(plain)
    found: Config = moved(plain, old, str(path.parent.absolute())) if old else plain
    return found


def made_place(path: Path) -> str | None:
    """Tell in which folder a run began, as its config.yaml says; None where it does not say.

    Args:
        path: The run's config.yaml.

    Raises:
        InputError: There is none.
    """
    return _place_in(_loaded(path))


def _loaded(path: Path) -> Config:
    if not path.is_file():
        raise InputError(f"{path.parent} is no run{held_in(path.parent) or f': it has no {path.name}'}")
    try:
        plain: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except (OmegaConfBaseException, YAMLError, ValueError, OSError) as error:
        raise InputError(f"{path}: is no config of a run ({str(error).splitlines()[0]})") from error
    if not isinstance(plain, dict) or not plain:
        raise InputError(f"{path}: is no config of a run; keys and values are needed")
    return plain


def _place_in(config: Config) -> str | None:
    paths = config.get("paths")
    place = paths.get("run") if isinstance(paths, dict) else None
    return place if isinstance(place, str) else None


def moved(value: Any, old: str, new: str) -> Any:
    """Put one folder in the place of another, in every path of a config that leads to it or below."""
    if isinstance(value, dict):
        return {key: moved(content, old, new) for key, content in value.items()}
    if isinstance(value, list):
        return [moved(content, old, new) for content in value]
    is_below = isinstance(value, str) and (value == old or value.startswith(f"{old}/"))
    return new + value[len(old) :] if is_below else value
