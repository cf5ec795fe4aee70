"""How does a cohort become a dataset of nnU-Net's raw layout, with the very same patients in its splits?"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from rich.progress import track

from kseg.cases.nnunet.case import DIVIDED_LABELS, IGNORE, WHOLE_LABELS, is_divided, write_case
from kseg.cases.nnunet.splits import Fold, Splits, of_cohort, of_folds
from kseg.clinical.cohort import Case, cases_of
from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError
from kseg.images import write_atomically

ENDING = ".nii.gz"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
DATASET_IDS = range(1, 1000)
MARK = "export.json"
"""Says from what the cases of an unfinished dataset are written."""


def export_nnunet(
    cohort: pd.DataFrame,
    folds: Sequence[Fold] | None,
    output: Path,
    *,
    dataset_id: int,
    name: str,
    workers: int = 2,
) -> tuple[str, ...]:
    """Write a cohort as `Dataset501_NAME`: imagesTr, labelsTr, imagesTs, labelsTs, dataset.json, splits_final.json.

    The dataset appears whole or not at all; an export that was cut short goes on where it stopped. Labels are
    background 0, medulla 1, cortex 2, and nnU-Net's `ignore` 3 where some parenchyma is not divided; background 0 and
    parenchyma 1 where none is divided. https://github.com/MIC-DKFZ/nnUNet, documentation/dataset_format.md.

    Args:
        cohort: Checked, with the columns of `kseg.clinical.cohort.COHORT_COLUMNS`.
        folds: The cases of train, val and test of each fold; None for the cohort's own split.
        output: The folder in which the dataset is made, which nnU-Net calls nnUNet_raw.
        dataset_id: From 1 to 999, of no other dataset there.
        name: Of letters, digits, - and _.
        workers: Cases that are written at once.

    Returns:
        One line each: what was decided, and where nnU-Net wants the splits.

    Raises:
        InputError: The name or number cannot be, a fold does not fit, or a file cannot be read or written.
    """
    _refuse(_naming_problems(output, dataset_id, name))
    splits = of_cohort(cohort) if folds is None else of_folds(cohort, folds)
    dataset = output / f"Dataset{dataset_id:03d}_{name}"
    unfinished = output / f".{dataset.name}.partial"
    tasks = _tasks(cohort, splits, unfinished)
    try:
        labels = DIVIDED_LABELS if any(map(_is_divided, tasks)) else WHOLE_LABELS
        _open(unfinished, tasks, labels)
        undivided = _write_cases(tasks, labels, workers)
        _describe(unfinished, splits, labels | ({"ignore": IGNORE} if undivided and labels == DIVIDED_LABELS else {}))
        unfinished.rename(dataset)
        (dataset / MARK).unlink()
    except OSError as error:
        raise InputError(f"{dataset}: cannot be written ({error}); mend that and run it again, it goes on") from error
    return (*splits.remarks, *_label_remarks(undivided, labels), _where_to(dataset))


@dataclass(frozen=True)
class _Task:
    """A case, and where it goes."""

    case: Case
    image: Path
    label: Path

    def source(self, labels: dict[str, int]) -> list[str]:
        """Tell from what the case is written, so that it is written anew when that has changed."""
        case = self.case
        files = dict.fromkeys([case.image, *case.parenchyma.files, *(case.cortex.files if case.cortex else ())])
        stats = [file.stat() for file in files if file.is_file()]
        states = [f"{stat.st_size} bytes, {stat.st_mtime_ns} ns" for stat in stats]
        return [str(case.image), str(case.parenchyma), str(case.cortex), *labels, *states]


def _naming_problems(output: Path, dataset_id: int, name: str) -> list[str]:
    problems = []
    if not NAME.fullmatch(str(name)):
        problems.append(f"name {name!r}; letters, digits, - and _ are needed, as in KIDNEY")
    if dataset_id not in DATASET_IDS:
        problems.append(f"dataset_id {dataset_id}; a number from {DATASET_IDS[0]} to {DATASET_IDS[-1]} is needed")
    elif there := sorted(path.name for path in output.glob(f"Dataset{dataset_id:03d}_*")):
        problems.append(f"{output}: {few_of(there, TEN)} is there already; give another dataset_id, or take it away")
    return problems


def _tasks(cohort: pd.DataFrame, splits: Splits, folder: Path) -> list[_Task]:
    cases = {case.case_id: case for case in cases_of(cohort)}
    return [
        _Task(
            cases[case_id],
            image=folder / f"images{part}" / f"{case_id}_0000{ENDING}",
            label=folder / f"labels{part}" / f"{case_id}{ENDING}",
        )
        for part, case_ids in (("Tr", splits.training), ("Ts", splits.test))
        for case_id in case_ids
    ]


def _is_divided(task: _Task) -> bool:
    try:
        return is_divided(task.case)
    except InputError:
        return False  # what cannot be read is told with all the rest, when it is to be written


def _open(folder: Path, tasks: Sequence[_Task], labels: dict[str, int]) -> None:
    """Begin a dataset, or go on with one; what is half-written, or written from other files, is cleared."""
    mark = folder / MARK
    sources = {str(task.label.relative_to(folder)): task.source(labels) for task in tasks}
    begun = json.loads(mark.read_text()) if mark.is_file() else {}
    there = [path for path in folder.rglob("*") if path.is_file()]
    if there and not begun:
        raise InputError(f"{folder}: holds files of another kind; take the folder away")
    same = {folder / name for name, source in sources.items() if begun.get(name) == source}
    kept = {mark, *(path for task in tasks if task.label in same for path in (task.image, task.label))}
    for path in there:
        if path not in kept:
            path.unlink()
    write_atomically(mark, json.dumps(sources).encode())


def _write_cases(tasks: Sequence[_Task], labels: dict[str, int], workers: int) -> list[str]:
    """Write all cases, and list those with parenchyma that is not divided."""
    pool = ThreadPoolExecutor(workers)  # igzip and NumPy let go of the interpreter's lock
    try:
        writing = pool.map(partial(_write_case, labels=labels), tasks)
        written = list(track(writing, "Writing for nnU-Net", total=len(tasks), transient=True))
    finally:
        pool.shutdown(cancel_futures=True)  # who interrupts it does not wait for the cases that have not begun
    _refuse([problem for _, problems in written for problem in problems])
    return [task.case.case_id for task, (undivided, _) in zip(tasks, written, strict=True) if undivided]


def _write_case(task: _Task, labels: dict[str, int]) -> tuple[bool, list[str]]:
    try:
        return write_case(task.case, task.image, task.label, labels=labels), []
    except InputError as error:
        return False, [f"{task.case.case_id}: {problem}" for problem in error.problems]


def _describe(folder: Path, splits: Splits, labels: dict[str, int]) -> None:
    description = {
        "channel_names": {"0": "CT"},
        "labels": labels,
        "numTraining": len(splits.training),
        "file_ending": ENDING,
    }
    write_atomically(folder / "splits_final.json", json.dumps(splits.final, indent=2).encode())
    write_atomically(folder / "dataset.json", json.dumps(description, indent=2).encode())


def _label_remarks(undivided: Sequence[str], labels: dict[str, int]) -> list[str]:
    if labels == WHOLE_LABELS:
        return ["no case has a cortex outline: parenchyma is the only label"]
    number = counted(len(undivided), "case has", "cases have")
    where = f"nnU-Net ignores it there (label {IGNORE})"
    return [f"{number} parenchyma that is not divided, {where}: {few_of(undivided, TEN)}"] if undivided else []


def _where_to(dataset: Path) -> str:
    return (
        f"{dataset}: after nnUNetv2_plan_and_preprocess, copy its splits_final.json to "
        f"nnUNet_preprocessed/{dataset.name}, else nnU-Net draws splits of its own"
    )


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise InputError(problems)
