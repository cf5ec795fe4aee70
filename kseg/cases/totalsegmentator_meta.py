"""What does TotalSegmentator's meta.csv tell of its subjects?"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kseg.clinical.saying import TEN, counted, few_of

SEXES = {"m": "M", "f": "F"}
SPLITS = ("train", "val", "test")
SUBJECT = "image_id"


@dataclass(frozen=True)
class Subject:
    """What is known of one subject.

    Args:
        sex: "F", "M", or "" where it is missing.
        age: In years; NaN where it is missing.
        split: `train`, `val` or `test` in the set's own split, or "".
    """

    sex: str = ""
    age: float = math.nan
    split: str = ""


NOBODY = Subject()


@dataclass(frozen=True)
class Meta:
    """What the file tells.

    Args:
        of: The subjects that are in it.
        problems: One line each: the file cannot be read.
        remarks: One line each: what is missing.
    """

    of: Mapping[str, Subject] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read_meta(path: Path, subjects: Collection[str]) -> Meta:
    """Read the file, if there is one.

    Args:
        path: Where it may lie: a CSV file with semicolons.
        subjects: Of whom something is wanted.

    Returns:
        What it tells of them.
    """
    if not path.is_file():
        return Meta(remarks=(f"no {path.name}: subjects without sex, age and the set's own split",))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter=";", restval="")
            if SUBJECT not in (table.fieldnames or ()):
                return Meta(problems=(f"{path}: no column {SUBJECT}, separated by semicolons; download it again",))
            of = {row[SUBJECT]: _subject(row) for row in table if row[SUBJECT] in subjects}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return Meta(problems=(f"{path}: not readable as a table ({error}); download it again",))
    return Meta(of, remarks=tuple(_missing(path.name, {name: of.get(name, NOBODY) for name in sorted(subjects)})))


def _subject(row: Mapping[str, str]) -> Subject:
    split = row.get("split", "")
    return Subject(SEXES.get(row.get("gender", ""), ""), _age(row.get("age", "")), split if split in SPLITS else "")


def _age(text: str) -> float:
    try:
        age = float(text)
    except ValueError:
        return math.nan
    return age if math.isfinite(age) and age > 0 else math.nan


def _missing(file: str, subjects: Mapping[str, Subject]) -> list[str]:
    bare = {
        "sex": [name for name, subject in subjects.items() if not subject.sex],
        "age": [name for name, subject in subjects.items() if math.isnan(subject.age)],
        "split": [name for name, subject in subjects.items() if not subject.split],
    }
    return [
        f"{file}: {counted(len(names), 'subject has', 'subjects have')} no {what}: {few_of(names, TEN)}"
        for what, names in bare.items()
        if names
    ]
