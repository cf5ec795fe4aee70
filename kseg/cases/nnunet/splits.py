"""Which cases does nnU-Net train on and validate with, and which does it not see?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError

Fold: TypeAlias = tuple[Sequence[str], Sequence[str], Sequence[str]]
"""The cases of train, val and test."""


@dataclass(frozen=True)
class Splits:
    """What nnU-Net is to do with the cases.

    Args:
        training: Cases that go to imagesTr.
        test: Cases that go to imagesTs.
        final: What stands in splits_final.json: one entry a fold.
        remarks: One line each: what was decided.
    """

    training: tuple[str, ...]
    test: tuple[str, ...]
    final: tuple[dict[str, list[str]], ...]
    remarks: tuple[str, ...]


def of_cohort(cohort: pd.DataFrame) -> Splits:
    """Keep a cohort's own split: its test cases go to imagesTs.

    Args:
        cohort: With the columns `case_id` and `split`.

    Returns:
        One fold.

    Raises:
        InputError: A case has no split, or none trains.
    """
    ids = {split: cohort.loc[cohort["split"] == split, "case_id"].tolist() for split in ("train", "val", "test")}
    unplaced = cohort.loc[~cohort["split"].isin(list(ids)), "case_id"].tolist()
    if unplaced:
        number = counted(len(unplaced), "case has", "cases have")
        raise InputError(f"{number} no split: {few_of(unplaced, TEN)}; split the cohort first")
    if not ids["train"]:
        raise InputError("the cohort has no case in train; nnU-Net needs one")
    final, remarks = _with_val([(ids["train"], ids["val"])])
    return Splits((*ids["train"], *ids["val"]), tuple(ids["test"]), final, remarks)


def of_folds(cohort: pd.DataFrame, folds: Sequence[Fold]) -> Splits:
    """Let nnU-Net go through the same folds: it trains on each fold's train, and validates on its test.

    Args:
        cohort: With the column `case_id`.
        folds: Of case ids.

    Returns:
        As many folds; all cases go to imagesTr.

    Raises:
        InputError: A fold has an unknown case, one in two places, or none to train on.
    """
    case_ids = cohort["case_id"].tolist()
    if problems := [problem for number, fold in enumerate(folds) for problem in _problems(number, fold, set(case_ids))]:
        raise InputError(problems)
    if not folds:
        raise InputError("no folds; at least one is needed")
    final, remarks = _with_val([(train, test) for train, _, test in folds])
    told = ["nnU-Net validates each fold on kseg's test cases of it: judge checkpoint_final, not checkpoint_best"]
    if idle := sum(len(val) for _, val, _ in folds):
        told.append(f"kseg's val cases neither train nor validate in nnU-Net's fold: {idle} over all folds")
    return Splits(tuple(case_ids), (), final, (*told, *remarks))


def _problems(number: int, fold: Fold, known: set[str]) -> list[str]:
    placed = Counter(case_id for cases in fold for case_id in cases)
    unknown = [case_id for case_id in placed if case_id not in known]
    doubled = [case_id for case_id, times in placed.items() if times > 1]
    problems = [f"fold {number}: {few_of(unknown, TEN)} not in the cohort"] if unknown else []
    problems += [f"fold {number}: {few_of(doubled, TEN)} in two places; one is needed"] if doubled else []
    return problems + ([] if fold[0] else [f"fold {number}: no case in train; nnU-Net needs one"])


def _with_val(
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
) -> tuple[tuple[dict[str, list[str]], ...], tuple[str, ...]]:
    """Fill splits_final.json from each fold's cases of train and val, and tell where nnU-Net had to be lent a val."""
    final = tuple({"train": list(train), "val": list(val or train[:1])} for train, val in pairs)
    lent = [train[0] for train, val in pairs if not val]
    if not lent:
        return final, ()
    return final, (
        f"nnU-Net cannot do without val cases: where there are none it is shown one that trains ({few_of(lent, TEN)}); "
        "nothing is learnt from that, judge checkpoint_final, not checkpoint_best",
    )
