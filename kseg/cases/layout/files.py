"""Which files lie in a folder by a pattern, such as `images/{case_id}`?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kseg.clinical.saying import TEN, few_of
from kseg.errors import InputError
from kseg.images import SUFFIXES

CASE_ID = "{case_id}"


@dataclass(frozen=True)
class Layout:
    """Where the files of every kind lie.

    Args:
        patterns: By kind: where its files lie in the folder.
        files: By kind: the file of every case.
        problems: One line a case that has several files of a kind; the first counts.
    """

    patterns: dict[str, str]
    files: dict[str, dict[str, Path]]
    problems: tuple[str, ...]

    def place_of(self, kind: str, case_id: str) -> str:
        """Where a case's file of some kind should lie, with the commonest suffix."""
        return self.patterns[kind].replace(CASE_ID, case_id) + SUFFIXES[0]

    def folder_of(self, kind: str) -> str:
        """What a kind's files are called by: their folder, or the pattern where every case has a folder."""
        folder, _, name = self.patterns[kind].rpartition("/")
        return f"{folder}/" if CASE_ID in name else self.patterns[kind]


def find_files(root: Path, patterns: Mapping[str, str]) -> Layout:
    """Find the files of every case, listing each folder once; other and hidden files are left alone.

    Args:
        root: The folder.
        patterns: By kind: a path below the root in which `{case_id}` stands for the case, without a suffix:
            `images/{case_id}`, `{case_id}/imaging`, `imagesTr/{case_id}_0000`. A path without it is a folder of files
            that are called by their cases.

    Returns:
        The files, sorted by case.

    Raises:
        InputError: A pattern names the case twice, or a folder cannot be listed.
    """
    whole = {kind: as_pattern(pattern) for kind, pattern in patterns.items()}
    entries = cache(_entries)
    found = {kind: _by_case(root, pattern, entries) for kind, pattern in whole.items()}
    twins = dict.fromkeys(
        f"{case_id}: {' and '.join(path.name for path in paths)} both lie in {_below(root, paths[0].parent)}/; keep one"
        for cases in found.values()
        for case_id, paths in cases.items()
        if len(paths) > 1
    )
    files = {kind: {case_id: cases[case_id][0] for case_id in sorted(cases)} for kind, cases in found.items()}
    return Layout(whole, files, tuple(twins))


def as_pattern(text: str) -> str:
    """Complete what a user gave for the place of a kind of files.

    >>> as_pattern("images"), as_pattern("{case_id}/ct.nii.gz")
    ('images/{case_id}', '{case_id}/ct')

    Raises:
        InputError: The case stands in it twice.
    """
    pattern = text.rstrip("/")
    if CASE_ID not in pattern:
        return f"{pattern}/{CASE_ID}"
    if pattern.count(CASE_ID) > 1:
        raise InputError(f"{text}: names the case twice; {CASE_ID} is needed once, as in images/{CASE_ID}")
    return _stem(pattern) or pattern


def missing_folders(root: Path, patterns: Mapping[str, str]) -> list[str]:
    """Tell, one line each, which folders the patterns need and the root does not hold."""
    folders = dict.fromkeys(_split(root, as_pattern(pattern))[0] for pattern in patterns.values())
    return [
        f"{folder}: no such folder; {root.name} holds {contents(root)}" for folder in folders if not folder.is_dir()
    ]


def open_root(root: str | Path, holding: str) -> Path:
    """Make sure that there is a folder to be read.

    Args:
        root: As the user gave it; `~` is the home folder.
        holding: What the folder is expected to hold.

    Returns:
        Its absolute path.

    Raises:
        InputError: There is no such folder.
    """
    if root is None or str(root) == "":
        raise InputError(f"data.root is empty; set it to the folder of {holding}")
    # pathlib's own expanduser raises where a home is unknown
    place = Path(os.path.abspath(os.path.expanduser(str(root))))
    if not place.is_dir():
        came = "is a file, no folder" if place.is_file() else "no such folder"
        raise InputError(f"{place}: {came}; set data.root to the folder of {holding}")
    _entries(place)  # which tells it where the folder may not be listed
    return place


def contents(folder: Path) -> str:
    """What lies in a folder, for a sentence."""
    there = [f"{path.name}{'/' * path.is_dir()}" for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return few_of(there, TEN) or "nothing"


@dataclass(frozen=True)
class _Entries:
    folders: tuple[str, ...]
    scans: dict[str, list[str]]
    """Names of files by what stands before their suffix."""


def _entries(folder: Path) -> _Entries:
    folders: list[str] = []
    scans: dict[str, list[str]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif stem := _stem(entry.name):
                    scans.setdefault(stem, []).append(entry.name)
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror}); mend its permissions") from error
    return _Entries(tuple(folders), scans)


def _stem(name: str) -> str:
    """What a scan's name is without its suffix; "" where it is no scan."""
    return next((name[: -len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix)), "")


def _by_case(root: Path, pattern: str, entries: Callable[[Path], _Entries]) -> dict[str, list[Path]]:
    folder, parts = _split(root, pattern)
    found: dict[str, list[Path]] = {}
    if folder.is_dir():
        for case_id, path in _walk(folder, parts, "", entries):
            found.setdefault(case_id, []).append(path)
    return found


def _split(root: Path, pattern: str) -> tuple[Path, Sequence[str]]:
    """The folder that is the same for all cases, and what is to be found below it."""
    parts = pattern.split("/")
    first = next(index for index, part in enumerate(parts) if CASE_ID in part)
    return root / "/".join(parts[:first]), parts[first:]


def _walk(
    folder: Path, parts: Sequence[str], case_id: str, entries: Callable[[Path], _Entries]
) -> Iterator[tuple[str, Path]]:
    part, rest = parts[0], parts[1:]
    there = entries(folder)
    for name in there.folders if rest else there.scans:
        if (found := _case_in(name, part)) is None:
            continue
        if rest:
            yield from _walk(folder / name, rest, case_id or found, entries)
        else:
            yield from ((case_id or found, folder / file) for file in there.scans[name])


def _case_in(name: str, part: str) -> str | None:
    """The case that a name gives by one part of a pattern: "" where the part has no case, None where it is another."""
    before, between, after = part.partition(CASE_ID)
    if not between:
        return "" if name == part else None
    fits = len(name) > len(before) + len(after) and name.startswith(before) and name.endswith(after)
    return name[len(before) : len(name) - len(after)] if fits else None


def _below(root: Path, folder: Path) -> str:
    return str(folder.relative_to(root)) if folder.is_relative_to(root) else str(folder)
