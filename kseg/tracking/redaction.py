"""What leaves the machine, and in what words: patients by pseudonym, no path, no user's or host's name."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from kseg.runs.config import Config
from kseg.tracking.facts import RunFacts
from kseg.tracking.pseudonyms import open_key, pseudonym

HIDDEN = "(hidden)"
NAMES_PATIENTS = frozenset({"train", "val", "test"})
"""Keys of the config below which patients may be listed by their ids."""

OF_THE_DATA, OF_THE_SPLIT = "data.", "split."
"""Below the one, words are the clinic's own: folders, files, what its table calls things. Below the other, a list may
be one of patients."""

NAMES_FILES = frozenset({"split.cohort", "repeat"})
"""Keys of the config that hold a name somebody gave to a file or a sheet."""

NAMED_BY_ID = ("case_id", "patient_id")
PLACES = ("image", "parenchyma", "cortex")
"""Columns of a table of cases that hold paths."""

A_PATH = re.compile(
    r"""(?<![\w/:.<])                          # no unit such as mL/min, no address, no tag
        (?:file:/{0,2}|~\w*|\.{1,2}|[A-Za-z]:)?
        [/\\]{1,2}[^\s/\\"'<>,*][^/\\"'<>,*\n]*  # a folder, whose name may hold spaces
        [/\\][^"'<>,\n]*                     # and what lies in it, to the quote, the comma or the line's end""",
    re.VERBOSE,
)
ORDINARY = frozenset({"root", "localhost"})
"""Names that users and hosts have by default: they tell nobody."""

COULD_BE_ANYTHING = re.compile(r"\d{1,3}|[^\W_]")
"""An id like this is hidden in its column; in a sentence it could be any number or letter."""

TWO_LETTERS = 2
"""An id of so many is one in its own capitals alone: `ml` is none, whoever is called ML."""


@dataclass(frozen=True)
class Redaction:
    """The one place through which goes whatever is told to W&B.

    Args:
        key: Of the pseudonyms, see `kseg.tracking.pseudonyms.open_key`; None to hide patients altogether.
        ids: Of the cohort's patients and cases.
        places: Folders whose names may say something, absolute.
    """

    key: bytes | None
    ids: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()

    @classmethod
    def of_run(cls, key: bytes | None, cohort: pd.DataFrame | None, places: Sequence[str | Path]) -> Redaction:
        """Hide a cohort's ids, these folders, and the folders in which every user works."""
        ids = set() if cohort is None else {name for column in NAMED_BY_ID for name in cohort[column] if name}
        folders = {str(Path(place).expanduser().absolute()) for place in (*places, Path.cwd(), Path.home())}
        folders |= {os.path.realpath(folder) for folder in folders}
        return cls(key, frozenset(ids), tuple(sorted(folders - {"/"}, key=len, reverse=True)))

    def patient(self, name: str) -> str:
        """The pseudonym of a patient or a case; nobody stays nobody."""
        if not name:
            return name
        return HIDDEN if self.key is None else pseudonym(name, self.key)

    def text(self, text: str) -> str:
        """Any words: ids become pseudonyms; paths, the user's and the host's name are hidden."""
        return self._patients.sub(self._patient_found, self.unnamed(text))

    def unplaced(self, text: str) -> str:
        """Any words: paths are hidden, and nothing else."""
        return A_PATH.sub(HIDDEN, self._places.sub(HIDDEN, text))

    def unnamed(self, text: str) -> str:
        """Any words: paths, the user's and the host's name are hidden; ids stay."""
        return self._names.sub(HIDDEN, self.unplaced(text))

    def config(self, config: Config) -> Config:
        """A config: what says where something lies is hidden, and lists of patients are their number."""
        return {key: self._redact(key, value) for key, value in config.items() if key != "paths"}

    def table(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table: ids become pseudonyms, columns of paths are left out, numbers stay as they are."""
        texts = [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]
        told = table.drop(columns=[column for column in texts if column in PLACES])
        for column in (column for column in texts if column not in PLACES):
            hide = self.patient if column in NAMED_BY_ID else self.text
            told[column] = [hide(cell) if isinstance(cell, str) else cell for cell in told[column]]
        return told

    def _redact(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            own = self.text if f"{key}.".startswith((OF_THE_DATA, OF_THE_SPLIT)) else str
            return {own(str(inner)): self._redact(f"{key}.{inner}", content) for inner, content in value.items()}
        if _last(key) == "overrides":
            return [self.text(override) for override in tellable(value)]
        if isinstance(value, list):
            if _last(key) in NAMES_PATIENTS or key.startswith(OF_THE_SPLIT):
                return len(value)
            return [self._redact(key, content) for content in value]
        if not isinstance(value, str):
            return value
        is_clinics = key.startswith(OF_THE_DATA) and _last(key) != "_target_"
        return HIDDEN if is_clinics or is_place(key) or PurePath(value).is_absolute() else self.text(value)

    def _patient_found(self, found: re.Match[str]) -> str:
        word = found[0]
        if word not in self.ids and len(word) <= TWO_LETTERS:
            return word
        return self.patient(word if word in self.ids else self._by_lower_case[word.lower()])

    @cached_property
    def _places(self) -> re.Pattern[str]:
        return re.compile("|".join(rf"(?<!\w){re.escape(place)}[^\"'<>\n]*" for place in self.places) or NOTHING)

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return _words(name for name in _names_of_the_machine() if len(name) > 1 and name not in ORDINARY)

    @cached_property
    def _patients(self) -> re.Pattern[str]:
        return _words(name for name in self.ids if not COULD_BE_ANYTHING.fullmatch(name))

    @cached_property
    def _by_lower_case(self) -> dict[str, str]:
        return {name.lower(): name for name in sorted(self.ids)}


def redaction_of(facts: RunFacts) -> Redaction:
    """How a run is redacted: by the key of its data, whose folder is hidden as all others of its config are.

    Where no cohort was read there is nobody to name, and the folder may not be the one that was meant: it gets no key.
    """
    paths, data = facts.config.get("paths", {}), facts.config.get("data", {})
    beside = Path(paths.get("tracking") or facts.folder)
    key = None if facts.cohort is None else open_key(Path(data.get("root") or beside).expanduser(), beside)
    return Redaction.of_run(key, facts.cohort, [facts.folder, *filter(None, (data.get("root"), *paths.values()))])


def tellable(overrides: Sequence[str]) -> list[str]:
    """Choose what of a command line may name a run: nothing that holds a path, a folder or patients.

    Args:
        overrides: As typed, `key=value`.

    Returns:
        Those that say how the run differs from others, in their order.
    """
    return [override for override in overrides if _is_tellable(*override.partition("=")[::2])]


def is_place(key: str) -> bool:
    """Whether a key of the config says where something lies; its value may then be relative and name a patient."""
    return key.endswith(("root", "dir", "dirpath", "folder")) or key in NAMES_FILES


NOTHING = r"(?!)"
"""A pattern that nothing matches."""

NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?|true|false|null", re.IGNORECASE)
A_WORD = re.compile(r"[\w.+-]+")


def _words(names: Any) -> re.Pattern[str]:
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(
        rf"(?<![^\W_])(?:{'|'.join(map(re.escape, ordered))})(?![^\W_])" if ordered else NOTHING, re.IGNORECASE
    )


def _names_of_the_machine() -> set[str]:
    names = {socket.gethostname(), socket.gethostname().partition(".")[0], Path.home().name}
    with suppress(OSError, KeyError):  # a user without a name tells none
        names.add(getpass.getuser())
    return names


def _is_tellable(key: str, value: str) -> bool:
    path = key.lstrip("+~")
    last, is_number = _last(path), bool(NUMBER.fullmatch(value))
    lists_patients = last in NAMES_PATIENTS or (path.startswith(OF_THE_SPLIT) and not A_WORD.fullmatch(value))
    is_clinics = (lists_patients or path.startswith(OF_THE_DATA)) and not is_number
    is_free = last == "name" or value.startswith("{") or bool(set("/\\~") & set(value))
    return not (is_place(path) or is_clinics or is_free)


def _last(key: str) -> str:
    return key.rpartition(".")[2]
