"""What of a run's config may leave the machine."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from kseg.runs.config import Config

HIDDEN = "(hidden)"
NAMES_PATIENTS = frozenset({"train", "val", "test"})
"""Keys of the config below which patients may be listed by their ids."""


def redacted(config: Config) -> Config:
    """Hide every path, and every list of patients, in a config.

    Args:
        config: As resolved.

    Returns:
        A copy in which absolute paths read `HIDDEN`, and lists of patients are their number.
    """
    return {key: _redact(key, value) for key, value in config.items() if key != "paths"}


def _redact(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _redact(inner, content) for inner, content in value.items()}
    if isinstance(value, list):
        return len(value) if key in NAMES_PATIENTS else [_redact(key, content) for content in value]
    return HIDDEN if isinstance(value, str) and PurePath(value).is_absolute() else value
