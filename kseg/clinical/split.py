"""Which patients train, which choose the checkpoint, which are tested?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kseg.clinical.groups import NO_GROUP
from kseg.clinical.patients import drawn, patients_by_group, placed
from kseg.clinical.saying import TEN, counted, few_of
from kseg.clinical.shares import (
    SPLITS,
    Count,
    sizes_by_counts,
    sizes_by_fractions,
    sizes_with_validation,
    validation_problems,
)
from kseg.errors import InputError


def stratified_split(
    cohort: pd.DataFrame,
    *,
    seed: int,
    counts: Mapping[str, Count] | None = None,
    fractions: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Divide each group's patients at random; all CTs of one patient stay together.

    The draw depends on the seed, the group's name and its patients alone: not on the order of the rows, nor on the
    other groups. A patient whose CTs lie in several groups is drawn with the group of the first, by case_id; those
    without a group are a group of their own.

    Args:
        cohort: With the columns `case_id`, `patient_id` and `group`.
        seed: Of the draw.
        counts: Patients of every group in `train`, `val` and `test`, none where one is not named; one may be None
            and takes the rest; where the groups differ, a number for each.
        fractions: Shares of every group, relative to their sum, rounded by largest remainder. Either these or counts.

    Returns:
        The cohort with its column `split` filled, for every case.

    Raises:
        InputError: Both or neither of the two are given, they make no sense, or counts do not fit a group.
    """
    groups = patients_by_group(cohort)
    sizes = _sizes({group: len(patients) for group, patients in groups.items()}, counts, fractions)
    return placed(cohort, _draw(groups, sizes, seed))


def held_out_group_split(cohort: pd.DataFrame, *, group: str, val: float, seed: int) -> pd.DataFrame:
    """Test on the whole of one group, and learn from the others.

    A patient is tested if any CT of the patient lies in that group; all the patient's CTs are, then.

    Args:
        cohort: With the columns `case_id`, `patient_id` and `group`.
        group: That is tested; "" for the patients without one.
        val: Share of every other group that chooses the checkpoint, from 0 up to less than 1, rounded by largest
            remainder.
        seed: Of the draw of those.

    Returns:
        The cohort with its column `split` filled, for every case.

    Raises:
        InputError: No case is in the group, or the share makes no sense.
    """
    inside = cohort["group"] == group
    problems = validation_problems(val)
    if not inside.any():
        there = ", ".join(sorted(name or f"'' ({NO_GROUP})" for name in cohort["group"].unique()))
        problems.append(f"split: no case is in the group {group!r}; the groups of this cohort are {there}")
    if problems:
        raise InputError(problems)
    tested = cohort["patient_id"].isin(cohort["patient_id"][inside])
    groups = patients_by_group(cohort[~tested])
    sizes = sizes_with_validation({name: len(patients) for name, patients in groups.items()}, val)
    return placed(cohort, dict.fromkeys(cohort["patient_id"], "test") | _draw(groups, sizes, seed))


def listed_split(
    cohort: pd.DataFrame, *, train: Sequence[str] | None, val: Sequence[str] | None, test: Sequence[str] | None
) -> pd.DataFrame:
    """Place every patient where a list says.

    Args:
        cohort: With the column `patient_id`.
        train: Ids of patients; None for all that are in no other list. So in `val` and `test`; one may be None.
        val: Whom the checkpoint is chosen by; may be empty.
        test: Whom the trained network is judged on.

    Returns:
        The cohort with its column `split` filled, for every case.

    Raises:
        InputError: Ids that are unknown, listed twice or not at all: every one of them.
    """
    named = dict(zip(SPLITS, (train, val, test), strict=True))
    bare = [
        f"split: {split} is {ids!r}; a list is needed, [{ids}]"
        for split, ids in named.items()
        if ids is not None and (isinstance(ids, str) or not isinstance(ids, Sequence))
    ]
    if bare:
        raise InputError(bare)
    rest = [split for split, patients in named.items() if patients is None]
    if len(rest) > 1:
        raise InputError(f"split: {' and '.join(rest)} are left open; only one can take the rest")
    listed = [(str(patient), split) for split, patients in named.items() for patient in patients or ()]
    patients = cohort["patient_id"].unique().tolist()
    problems = _list_problems(listed, patients, complete=not rest)
    if problems:
        raise InputError(problems)
    others = dict.fromkeys(patients, rest[0]) if rest else {}
    return placed(cohort, others | dict(listed))


def _draw(groups: Mapping[str, Sequence[str]], sizes: Mapping[str, Mapping[str, int]], seed: int) -> dict[str, str]:
    split_of: dict[str, str] = {}
    for group, patients in groups.items():
        splits = [split for split in SPLITS for _ in range(sizes[group][split])]
        split_of |= dict(zip(drawn(patients, group, seed), splits, strict=True))
    return split_of


def _sizes(
    groups: Mapping[str, int], counts: Mapping[str, Count] | None, fractions: Mapping[str, float] | None
) -> dict[str, dict[str, int]]:
    if counts is not None and fractions is None:
        return sizes_by_counts(groups, counts)
    if fractions is not None and counts is None:
        return sizes_by_fractions(groups, fractions)
    raise InputError("split: either counts or fractions are needed, and not both")


def _list_problems(listed: Sequence[tuple[str, str]], patients: Sequence[str], *, complete: bool) -> list[str]:
    lists: dict[str, list[str]] = {}
    for patient, split in listed:
        lists.setdefault(patient, []).append(split)
    problems = [
        f"split: patient {patient} is listed {len(splits)} times ({' and '.join(splits)}); once is needed"
        for patient, splits in lists.items()
        if len(splits) > 1
    ]
    known = set(patients)
    unknown = [patient for patient in lists if patient not in known]
    if unknown:
        are = counted(len(unknown), "listed patient is", "listed patients are")
        hint = "; quote an id with leading zeros, ['007']" if any(patient.isdigit() for patient in unknown) else ""
        problems.append(f"split: {are} not in the cohort: {few_of(unknown, TEN)}{hint}")
    unlisted = sorted(known - lists.keys())
    if complete and unlisted:
        are = counted(len(unlisted), "patient is", "patients are")
        problems.append(f"split: {are} in no list: {few_of(unlisted, TEN)}; list them, or set one list to null")
    return problems
