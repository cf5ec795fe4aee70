"""What do the labels of an nnU-Net dataset mean?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kseg.cases.layout.files import contents
from kseg.cases.layout.label_values import NAMES, LabelValues, contradictions
from kseg.errors import InputError
from kseg.images import SUFFIXES

WHOLE = ("kidney", "parenchyma")
PARTS = ("medulla", "cortex")
UNTOLD = {"left", "right", "renal", "kidney", "kidneys"}
"""Words of a label's name that do not say which part of the kidney it is."""
IGNORE = "ignore"


@dataclass(frozen=True)
class Dataset:
    """What a dataset's own description says.

    Args:
        labels: The integers of each label, by its name.
        channels: Images a case.
    """

    labels: dict[str, tuple[int, ...]]
    channels: int


def read_dataset(root: Path) -> Dataset:
    """Read a dataset's description.

    Args:
        root: The dataset's folder.

    Returns:
        What `dataset.json` says.

    Raises:
        InputError: The file is missing or is not what nnU-Net version 2 writes, or the scans are of another format.
    """
    path = root / "dataset.json"
    if not path.is_file():
        raise InputError(f"{path}: no such file; {root.name} holds {contents(root)}")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error})") from error
    labels = told.get("labels") if isinstance(told, dict) else None
    if not isinstance(labels, dict) or not labels or not all(_integers(values) for values in labels.values()):
        raise InputError(
            f'{path}: labels {labels!r}; an integer or a list of them for each name is needed, as in {{"kidney": 1}}'
        )
    ending = told.get("file_ending", SUFFIXES[0])
    if ending not in SUFFIXES:
        raise InputError(f"{path}: file_ending {ending!r}; {', '.join(SUFFIXES)} can be read")
    channels = told.get("channel_names")
    return Dataset(
        {name: tuple(_integers(values)) for name, values in labels.items()},
        channels=len(channels) if isinstance(channels, dict) else 1,
    )


def wanted_values(dataset: Dataset, wanted: Mapping[str, Any]) -> tuple[LabelValues, list[str]]:
    """Find which integers are parenchyma and cortex.

    Args:
        dataset: With its labels.
        wanted: `parenchyma`, `cortex` and `undivided`, each a label's name or integer, or a list of them; None to
            take parenchyma and cortex from the labels' names; an empty list for none.

    Returns:
        The integers, and a remark on how the names were understood.

    Raises:
        InputError: A label is not there, or the names do not say which are parenchyma.
    """
    problems = [f"data.labels.{part}: not known; {', '.join(NAMES)} are needed" for part in wanted if part not in NAMES]
    stated = {part: wanted.get(part) for part in NAMES}
    guessed = _guess(dataset.labels)
    values: dict[str, tuple[int, ...]] = {}
    for part, labels in stated.items():
        if labels is None:
            values[part] = guessed[part]
            continue
        values[part], unknown = _values(dataset.labels, labels if isinstance(labels, list | tuple) else [labels])
        problems += [f"data.labels.{part}: {label!r} is no label; there are {_told(dataset)}" for label in unknown]
    found = LabelValues(**values)
    if not problems and not found.parenchyma:
        problems.append(
            f"dataset.json: which of the labels {_told(dataset)} are parenchyma cannot be told from their names; "
            "set data.labels.parenchyma=NAME, or [NAME,NAME]"
        )
    problems = problems or contradictions(found, one_file=bool(found.cortex), setting="data.labels")
    if problems:
        raise InputError(problems)
    return found, _remarks(dataset, stated, found)


def _guess(labels: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    by_part: dict[str, tuple[int, ...]] = {}
    for name, values in labels.items():
        if part := _part(name):
            by_part[part] = (*by_part.get(part, ()), *values)
    whole = any(part in by_part for part in WHOLE) or all(part in by_part for part in PARTS)
    every = sorted({value for values in by_part.values() for value in values})
    return {"parenchyma": tuple(every) if whole else (), "cortex": by_part.get("cortex", ()), "undivided": ()}


def _part(name: str) -> str:
    """Which part of the kidney a name such as `Renal cortex (left)` says, or ""."""
    words = set(re.findall(r"[a-z]+", name.casefold()))
    rest = words - UNTOLD
    if not rest:
        return "kidney" if words & {"kidney", "kidneys"} else ""
    return rest.pop() if len(rest) == 1 and rest <= {*WHOLE, *PARTS} else ""


def _values(labels: Mapping[str, tuple[int, ...]], wanted: Sequence[Any]) -> tuple[tuple[int, ...], list[Any]]:
    integers = {value for values in labels.values() for value in values if value > 0}
    found: list[int] = []
    unknown = []
    for label in wanted:
        if isinstance(label, str) and label in labels and 0 not in labels[label]:
            found += labels[label]
        elif isinstance(label, int) and label in integers:
            found.append(label)
        else:
            unknown.append(label)
    return tuple(sorted(set(found))), unknown


def _integers(values: Any) -> list[int]:
    every = values if isinstance(values, list) else [values]
    return every if all(isinstance(value, int) and not isinstance(value, bool) for value in every) else []


def _told(dataset: Dataset) -> str:
    return ", ".join(f"{name} ({_plain(values)})" for name, values in dataset.labels.items())


def _plain(values: tuple[int, ...]) -> str:
    return " ".join(map(str, values))


def _remarks(dataset: Dataset, stated: Mapping[str, Any], found: LabelValues) -> list[str]:
    remarks = []
    if stated["parenchyma"] is None or stated["cortex"] is None:
        cortex = f"cortex {_plain(found.cortex)}" if found.cortex else "no cortex"
        remarks.append(
            f"by the names of the labels {_told(dataset)}: parenchyma is {_plain(found.parenchyma)}, {cortex}"
        )
    ignored = dataset.labels.get(IGNORE, ())
    if ignored and not set(ignored) & {*found.parenchyma, *found.undivided}:
        remarks.append(
            f"voxels that nnU-Net ignores ({_plain(ignored)}) are read as background; where they are parenchyma that "
            f"is not divided into cortex and medulla, set data.labels.undivided={IGNORE}"
        )
    if dataset.channels > 1:
        remarks.append(f"of {dataset.channels} channels the first is read")
    return remarks
