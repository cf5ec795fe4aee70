"""What of a run's config and command line may leave the machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from kseg.runs.config import Config

HIDDEN = "(hidden)"
NAMES_PATIENTS = frozenset({"train", "val", "test"})
"""Keys of the config below which patients may be listed by their ids."""

NAMES_FILES = frozenset({"data.table", "data.sheet", "split.cohort"})
"""Keys of the config that hold a name somebody gave to a file or a sheet."""


def redacted(config: Config) -> Config:
    """Hide every path, and every list of patients, in a config.

    Args:
        config: As resolved.

    Returns:
        A copy in which what says where something lies reads `HIDDEN`, and lists of patients are their number.
    """
    return {key: _redact(key, value) for key, value in config.items() if key != "paths"}


def tellable(overrides: Sequence[str]) -> list[str]:
    """Choose what of a command line may name a run: nothing that holds a path, a folder or patients.

    Args:
        overrides: As typed, `key=value`.

    Returns:
        Those that say how the run differs from others, in their order.
    """
    return [override for override in overrides if _is_tellable(*override.partition("=")[::2])]


def _is_tellable(key: str, value: str) -> bool:
    path = key.lstrip("+~")
    last = _last(path)
    lists_patients = last in NAMES_PATIENTS and value.startswith("[")
    return not (_is_place(path) or last == "name" or lists_patients or set("/\\~") & set(value))


def _redact(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _redact(f"{key}.{inner}", content) for inner, content in value.items()}
    if _last(key) == "overrides":
        return tellable(value)
    if isinstance(value, list):
        return len(value) if _last(key) in NAMES_PATIENTS else [_redact(key, content) for content in value]
    if isinstance(value, str) and (_is_place(key) or PurePath(value).is_absolute()):
        return HIDDEN
    return value


def _is_place(key: str) -> bool:
    """Whether a key of the config says where something lies; its value may then be relative and name a patient."""
    return key.endswith(("root", "dir", "dirpath", "folder")) or key in NAMES_FILES


def _last(key: str) -> str:
    return key.rpartition(".")[2]
