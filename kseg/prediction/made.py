"""What lies in a folder of predictions already, by what it was made, and is it still of the same CTs?"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.report.tables import read_table, write_table

CASE, WARNINGS, PROBLEM = "case_id", "warnings", "problem"

BEGUN = ""
"""Stands for what tells a CT's state, until its files are whole."""


@dataclass
class Made:
    """A folder of predictions; each step of it survives a kill, whole or not at all.

    Args:
        folder: The folder.
        settings: What decides the outlines: other ones are not mixed with them.
        told: What else is worth knowing of their origin.
        cts: Of each case, what tells whether its CT is still the same; `BEGUN` until it is done.
        places: Of each case that is done, what tells whether its CT lies where it lay.
        files: Of each case, the names of its files, as they are made or will be.
        rows: Of each case, its row of `measurements.csv`.
        failures: Why CTs gave no result when they were handed in last, by case.
    """

    folder: Path
    settings: Mapping[str, Any]
    told: Mapping[str, Any] = field(default_factory=dict)
    cts: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def measurements(self) -> Path:
        """The table, a row a case."""
        return self.folder / "measurements.csv"

    @property
    def failed(self) -> Path:
        """The table of the CTs that gave no result, a row each; there only if there are such."""
        return self.folder / "failed.csv"

    @property
    def note(self) -> Path:
        """What made the folder."""
        return self.folder / "prediction.json"

    def label_map(self, name: str) -> Path:
        """A case's label map."""
        return self.folder / f"{name}.nii.gz"

    def picture(self, name: str) -> Path:
        """A case's picture."""
        return self.folder / f"{name}.png"

    def segmentation(self, name: str) -> Path:
        """A case's DICOM SEG."""
        return self.folder / f"{name}.dcm"

    def is_done(self, name: str, stamp: str, files: Iterable[Path]) -> bool:
        """Whether a case has its row and all of its files, made of the CT as it is now."""
        return name in self.rows and self.cts.get(name) == stamp and all(file.is_file() for file in files)

    def is_foreign(self, name: str, files: Iterable[Path]) -> bool:
        """Whether some of a case's files are there though none was ever made here: outlined by hand, or CTs."""
        return name not in self.cts and any(file.exists() for file in files)

    def is_of_another(self, name: str, stamp: str, place: Path) -> bool:
        """Whether a case was made of another CT, in another place; one that was moved is the same."""
        there = self.places.get(name)
        return there is not None and there != _place_of(place) and self.cts.get(name) != stamp

    def start(self, name: str, files: Iterable[Path]) -> None:
        """Put a case down as begun before its files are made, so that they are known for kseg's after a kill."""
        self.forget(name)
        self.cts.setdefault(name, BEGUN)
        self.files[name] = sorted({*self.files.get(name, []), *(file.name for file in files)})
        self._write_note()

    def drop(self, name: str) -> None:
        """Take a case away that gave no result: its row, and what of its files was made here."""
        self.forget(name)
        if name not in self.cts:
            return
        before = [self.label_map(name).name, self.picture(name).name]  # of folders that name no files yet
        for file in self.files.get(name, before):
            (self.folder / file).unlink(missing_ok=True)
        for known in (self.cts, self.places, self.files):
            known.pop(name, None)
        self._write_note()

    def forget(self, name: str) -> None:
        """Take a case's row away before its files are made anew, so that none stands beside another's label map."""
        if name in self.rows:
            del self.rows[name]
            self._write_rows()

    def keep(self, name: str, stamp: str, row: dict[str, Any], place: Path) -> None:
        """Put a case down as done, once all of its files are there."""
        self.cts[name], self.places[name] = stamp, _place_of(place)
        self._write_note()
        self.rows[name] = {CASE: name, **row}
        self._write_rows()

    def begin(self) -> None:
        """Put down what the folder is made by, and clear away what a kill left half written."""
        for partial in self.folder.glob(".*.partial"):
            partial.unlink(missing_ok=True)
        self._write_note()

    def tell_failed(self, failures: Mapping[str, str], handed_in: Iterable[str]) -> None:
        """Write the table of what failed, this time or when it was handed in last; none if nothing did."""
        known = {*handed_in, *self.rows}
        earlier = {name: problem for name, problem in self.failures.items() if name not in known}
        failures = dict(sorted({**earlier, **failures}.items()))
        if failures:
            write_table(self.failed, pd.DataFrame({CASE: list(failures), PROBLEM: list(failures.values())}))
        else:
            self.failed.unlink(missing_ok=True)

    def _write_note(self) -> None:
        content = {"made_by": dict(self.settings), **self.told, "cts": self.cts, "places": self.places}
        content["files"] = self.files
        write_atomically(self.note, json.dumps(content, indent=1, ensure_ascii=False).encode())

    def _write_rows(self) -> None:
        if self.rows:
            write_table(self.measurements, pd.DataFrame([self.rows[name] for name in sorted(self.rows)]))
        else:
            self.measurements.unlink(missing_ok=True)


def open_made(folder: Path, settings: Mapping[str, Any], told: Mapping[str, Any] | None = None) -> Made:
    """Open a folder of predictions, new or begun.

    Args:
        folder: Which need not be there.
        settings: What decides the outlines, plain values by name.
        told: What else is worth knowing of their origin.

    Returns:
        What it holds of these settings.

    Raises:
        InputError: It was made by something else, or nobody knows by what.
    """
    made = Made(folder, settings, told or {})
    if not made.note.is_file():
        if made.measurements.is_file():
            raise InputError(f"{made.measurements} is there already, of another origin; give another folder as output")
        return made
    before, made.cts, made.places, made.files = _read_note(made.note)
    apart = [key.replace("_", " ") for key in {**before, **settings} if before.get(key) != settings.get(key)]
    if apart:
        raise InputError(f"{folder} was made with other {' and '.join(apart)}; give another folder as output")
    if made.measurements.is_file():
        table = read_table(made.measurements, required=(CASE,))
        made.rows = {
            str(row[CASE]): {str(key): value for key, value in row.items()} for row in table.to_dict("records")
        }
    if made.failed.is_file():
        table = read_table(made.failed, required=(CASE, PROBLEM))
        made.failures = dict(zip(table[CASE].astype(str), table[PROBLEM].astype(str), strict=True))
    return made


def _read_note(path: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, str], dict[str, list[str]]]:
    try:
        note = json.loads(path.read_bytes())
        files = {name: [Path(file).name for file in files] for name, files in note.get("files", {}).items()}
        return dict(note["made_by"]), dict(note["cts"]), dict(note.get("places", {})), files
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is not what kseg wrote there; give another folder as output") from error


def _place_of(ct: Path) -> str:
    """Tell places apart without a path, in which a patient may be named."""
    return hashlib.sha256(os.fsencode(ct.resolve())).hexdigest()[:16]


def stamp_of(files: Iterable[Path]) -> str:
    """Tell a CT's files from changed ones: how many there are, their bytes, and when one was written last."""
    states = [file.stat() for file in files]
    latest_ns = max((state.st_mtime_ns for state in states), default=0)
    return f"{len(states)} {sum(state.st_size for state in states)} {latest_ns}"
