"""Who is tested in which fold, so that over all folds everybody is, once?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from kseg.clinical.patients import drawn, patients_by_group, placed
from kseg.clinical.shares import sizes_with_validation, validation_problems
from kseg.errors import InputError


class Fold(NamedTuple):
    """The cases of one fold, each in the order of the cohort.

    Args:
        train: Ids of the cases that the network learns from.
        val: Of those that the checkpoint is chosen by.
        test: Of those that the trained network is judged on.
    """

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]


def fold_split(cohort: pd.DataFrame, *, folds: int, fold: int, repeat: int, val: float, seed: int) -> pd.DataFrame:
    """Test one fold of a stratified cross-validation, and learn from the others; all CTs of a patient stay together.

    Folds differ by at most one tested patient, in every group and in all groups together. A patient whose CTs lie in
    several groups is drawn with the group of the first, by case_id; those without a group are a group of their own.

    Args:
        cohort: With the columns `case_id`, `patient_id` and `group`.
        folds: Their number.
        fold: Which of them is tested, from 0 up.
        repeat: Of the whole cross-validation, from 0 up: each is another draw.
        val: Share of every group's rest that chooses the checkpoint, from 0 up to less than 1, rounded by largest
            remainder; taken from the next fold, so that nobody is in it twice while it is no larger than a fold.
        seed: Of the draw.

    Returns:
        The cohort with its column `split` filled, for every case.

    Raises:
        InputError: A number makes no sense, or there are fewer patients than folds; every problem in one error.
    """
    groups = patients_by_group(cohort)
    problems = _problems(groups, folds, repeat, val)
    if not isinstance(fold, int) or fold not in range(folds if isinstance(folds, int) else 0):
        problems.append(f"split: fold is {fold!r}; folds are numbered from 0 to one less than their number, {folds}")
    if problems:
        raise InputError(problems)
    return placed(cohort, _splits(groups, _dealt(groups, folds, repeat, seed), folds, fold, val))


def all_folds(cohort: pd.DataFrame, *, folds: int, repeat: int, val: float, seed: int) -> tuple[Fold, ...]:
    """Give every fold of one repeat, each as `fold_split` splits it.

    Args:
        cohort: As for `fold_split`, and so the others.
        folds: Their number.
        repeat: Which draw.
        val: Share of every group's rest that chooses the checkpoint.
        seed: Of the draw.

    Returns:
        As many as there are folds.

    Raises:
        InputError: As for `fold_split`.
    """
    groups = patients_by_group(cohort)
    problems = _problems(groups, folds, repeat, val)
    if problems:
        raise InputError(problems)
    dealt = _dealt(groups, folds, repeat, seed)
    splits = (placed(cohort, _splits(groups, dealt, folds, fold, val))["split"] for fold in range(folds))
    return tuple(Fold(*(tuple(cohort["case_id"][split == name]) for name in Fold._fields)) for split in splits)


def _dealt(groups: Mapping[str, list[str]], folds: int, repeat: int, seed: int) -> dict[str, int]:
    """Deal the patients to the folds as cards are, going on from group to group where the last group stopped."""
    order = [patient for group, patients in groups.items() for patient in drawn(patients, group, seed, repeat)]
    return {patient: place % folds for place, patient in enumerate(order)}


def _splits(
    groups: Mapping[str, list[str]], dealt: Mapping[str, int], folds: int, fold: int, val: float
) -> dict[str, str]:
    split_of = {patient: "test" if of == fold else "train" for patient, of in dealt.items()}
    rest = {group: [patient for patient in patients if dealt[patient] != fold] for group, patients in groups.items()}
    sizes = sizes_with_validation({group: len(patients) for group, patients in rest.items()}, val)
    place = {patient: number for number, patient in enumerate(dealt)}
    for group, patients in rest.items():
        nearest = sorted(patients, key=lambda patient: ((dealt[patient] - fold) % folds, place[patient]))
        split_of |= dict.fromkeys(nearest[: sizes[group]["val"]], "val")
    return split_of


def _problems(groups: Mapping[str, list[str]], folds: int, repeat: int, val: float) -> list[str]:
    patients = sum(map(len, groups.values()))
    problems = validation_problems(val)
    if not isinstance(folds, int) or not 2 <= folds <= patients:
        problems.append(
            f"split: folds is {folds!r}; {patients} patients can be dealt to 2 folds or more, up to {patients}"
        )
    if not isinstance(repeat, int) or repeat < 0:
        problems.append(f"split: repeat is {repeat!r}; a whole number from 0 up is needed")
    return problems
