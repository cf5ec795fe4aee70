"""Which patients train, which choose the checkpoint, which are tested?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kseg.clinical.shares import SPLITS, sizes_by_counts, sizes_by_fractions
from kseg.errors import InputError


def stratified_split(
    cohort: pd.DataFrame,
    *,
    seed: int,
    counts: Mapping[str, int | None] | None = None,
    fractions: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Divide each group's patients at random; all CTs of one patient stay together.

    The draw depends on the seed, the group's name and its patients alone: not on the order of the rows, nor on the
    other groups. A patient whose CTs lie in several groups is drawn with the group of the first, by case_id.

    Args:
        cohort: With the columns `case_id`, `patient_id` and `group`.
        seed: Of the draw.
        counts: Patients of every group in `train`, `val` and `test`, none where one is not named; one may be None
            and takes the rest.
        fractions: Shares of every group, relative to their sum, rounded by largest remainder. Either these or counts.

    Returns:
        The cohort with its column `split` filled, for every case.

    Raises:
        InputError: Both or neither of the two are given, they make no sense, or counts do not fit a group.
    """
    groups = _patients_by_group(cohort)
    sizes = _sizes({group: len(patients) for group, patients in groups.items()}, counts, fractions)
    split_of: dict[str, str] = {}
    for group, patients in groups.items():
        drawn = np.random.default_rng([seed, *group.encode()]).permutation(patients).tolist()
        splits = [split for split in SPLITS for _ in range(sizes[group][split])]
        split_of |= dict(zip(drawn, splits, strict=True))
    return cohort.assign(split=cohort["patient_id"].map(split_of).astype("str"))


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
        f"split: {split} is {ids!r}; a list is needed, [{ids}]" for split, ids in named.items() if isinstance(ids, str)
    ]
    if bare:
        raise InputError(bare)
    rest = [split for split, patients in named.items() if patients is None]
    if len(rest) > 1:
        raise InputError(f"split: {' and '.join(rest)} are left open; only one can take the rest")
    split_of = [(str(patient), split) for split, patients in named.items() for patient in patients or ()]
    problems = _list_problems(split_of, set(cohort["patient_id"]), complete=not rest)
    if problems:
        raise InputError(problems)
    placed = cohort["patient_id"].map(dict(split_of))
    return cohort.assign(split=(placed.fillna(rest[0]) if rest else placed).astype("str"))


def _patients_by_group(cohort: pd.DataFrame) -> dict[str, list[str]]:
    first = cohort.sort_values("case_id").drop_duplicates("patient_id")
    return {str(group): sorted(patients) for group, patients in first.groupby("group")["patient_id"]}


def _sizes(
    groups: Mapping[str, int], counts: Mapping[str, int | None] | None, fractions: Mapping[str, float] | None
) -> dict[str, dict[str, int]]:
    if counts is not None and fractions is None:
        return sizes_by_counts(groups, counts)
    if fractions is not None and counts is None:
        return sizes_by_fractions(groups, fractions)
    raise InputError("split: either counts or fractions are needed, and not both")


def _list_problems(split_of: Sequence[tuple[str, str]], patients: set[str], *, complete: bool) -> list[str]:
    listed = Counter(patient for patient, _ in split_of)
    problems = [f"split: patient {patient} is not in the cohort" for patient in listed if patient not in patients]
    for patient, times in listed.items():
        if times > 1:
            lists = " and ".join(split for name, split in split_of if name == patient)
            problems.append(f"split: patient {patient} is listed {times} times ({lists}); once is needed")
    if complete:
        problems += [f"split: patient {patient} is in no list" for patient in sorted(patients - set(listed))]
    return problems
