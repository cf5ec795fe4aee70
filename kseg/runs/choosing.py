"""Which runs are meant by what was typed."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from kseg.errors import InputError
from kseg.runs.folder import RunFolder

PATTERN = frozenset("*?[")
"""What makes a path a pattern."""


def is_one(asked: str | Sequence[str]) -> bool:
    """Whether one run is meant, by its folder."""
    return isinstance(asked, str) and not PATTERN & set(asked)


def runs_in(asked: str | Sequence[str]) -> list[RunFolder]:
    """Find runs by folders and patterns.

    Args:
        asked: A folder or a pattern such as `sweeps/study/*`, or several.

    Returns:
        Each run once, in the order asked, those of a pattern by name.

    Raises:
        InputError: A folder is no run, or a pattern finds none.
    """
    found: dict[Path, None] = {}
    problems = []
    for one in [asked] if isinstance(asked, str) else asked:
        paths = sorted(map(Path, glob.glob(one))) if PATTERN & set(one) and not Path(one).exists() else [Path(one)]
        runs = [path for path in paths if RunFolder(path).config.is_file()]
        if not runs:
            held = held_in(*paths) or ", and holds none"
            problems.append(f"{one}: is no run{held}" if paths else f"{one}: finds no run")
        found |= dict.fromkeys(runs)
    if problems:
        raise InputError(problems)
    return [RunFolder(path) for path in found]


def runs_below(folder: Path) -> list[Path]:
    """The runs in a folder such as `runs/NAME`, or one level deeper as in `runs`: the newest last."""
    for pattern in ("*", "*/*"):
        found = [path for path in folder.glob(pattern) if _has_run(RunFolder(path))]
        if found:
            return sorted(found, key=lambda path: (RunFolder(path).status.stat().st_mtime, path.name))
    return []


def held_in(*folders: Path) -> str:
    """Words to end a sentence about folders that are no runs but hold some; empty where they hold none."""
    runs = [run for folder in folders for run in runs_below(folder)]
    if not runs:
        return ""
    return f", but holds {'one' if len(runs) == 1 else f'{len(runs)}, the newest'}: {runs[-1]}"


def _has_run(run: RunFolder) -> bool:
    return run.config.is_file() and run.status.is_file()
