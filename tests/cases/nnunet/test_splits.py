"""Does nnU-Net train on the very patients that kseg trains on?

What is expected of splits_final.json follows https://github.com/MIC-DKFZ/nnUNet, documentation/manual_data_splits.md.
"""

import pandas as pd
import pytest

from kseg.cases.nnunet.splits import of_cohort, of_folds
from kseg.clinical.folds import all_folds
from kseg.errors import InputError

SPLITS = {"P1": "train", "P2": "train", "P3": "val", "P4": "test", "P5": "test"}
FINAL = "nothing is learnt from that, judge checkpoint_final, not checkpoint_best"


def cohort_of(splits):
    ids = list(splits)
    return pd.DataFrame(
        {"case_id": ids, "patient_id": ids, "group": "mild", "split": list(splits.values())}, dtype="str"
    )


def refusals_of(step, *arguments):
    with pytest.raises(InputError) as told:
        step(*arguments)
    return list(told.value.problems)


def test_a_cohorts_own_split_is_one_fold(tmp_path):
    splits = of_cohort(cohort_of(SPLITS))
    assert (splits.training, splits.test) == (("P1", "P2", "P3"), ("P4", "P5"))
    assert splits.final == ({"train": ["P1", "P2"], "val": ["P3"]},)
    assert splits.remarks == ()


def test_without_val_nnunet_is_shown_a_case_that_trains():
    splits = of_cohort(cohort_of(SPLITS | {"P3": "test"}))
    assert splits.final == ({"train": ["P1", "P2"], "val": ["P1"]},)
    assert splits.training == ("P1", "P2")
    assert splits.remarks == (
        f"nnU-Net cannot do without val cases: where there are none it is shown one that trains (P1); {FINAL}",
    )


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        (SPLITS | {"P2": "", "P4": "holdout"}, "2 cases have no split: P2, P4; split the cohort first"),
        (dict.fromkeys(SPLITS, "test"), "the cohort has no case in train; nnU-Net needs one"),
    ],
)
def test_a_cohort_without_a_usable_split_is_told(splits, said):
    assert refusals_of(of_cohort, cohort_of(splits)) == [said]


def test_folds_train_on_the_same_patients_and_validate_on_each_folds_test():
    folds = [(["P1", "P2"], ["P3"], ["P4", "P5"]), (["P3", "P4", "P5"], [], ["P1", "P2"])]
    splits = of_folds(cohort_of(SPLITS), folds)
    assert splits.final == (
        {"train": ["P1", "P2"], "val": ["P4", "P5"]},
        {"train": ["P3", "P4", "P5"], "val": ["P1", "P2"]},
    )
    assert (splits.training, splits.test) == (("P1", "P2", "P3", "P4", "P5"), ())
    assert splits.remarks == (
        "nnU-Net validates each fold on kseg's test cases of it: judge checkpoint_final, not checkpoint_best",
        "kseg's val cases neither train nor validate in nnU-Net's fold: 1 over all folds",
    )


def test_a_fold_without_test_cases_is_shown_one_that_trains():
    splits = of_folds(cohort_of(SPLITS), [(["P1", "P2"], [], [])])
    assert splits.final == ({"train": ["P1", "P2"], "val": ["P1"]},)
    assert FINAL in splits.remarks[-1]


def test_ksegs_own_folds_fit():
    cohort = cohort_of({f"P{number}": "" for number in range(11)})
    folds = all_folds(cohort, folds=3, repeat=0, val=0.25, seed=1)
    splits = of_folds(cohort, folds)
    assert [fold["train"] for fold in splits.final] == [list(fold.train) for fold in folds]
    assert sorted(case for fold in splits.final for case in fold["val"]) == sorted(cohort["case_id"])


@pytest.mark.parametrize(
    ("folds", "said"),
    [
        ([], ["no folds; at least one is needed"]),
        (
            [(["P1", "P9"], [], ["P2", "P1"]), ([], ["P1"], ["P2"])],
            [
                "fold 0: P9 not in the cohort",
                "fold 0: P1 in two places; one is needed",
                "fold 1: no case in train; nnU-Net needs one",
            ],
        ),
    ],
)
def test_folds_that_do_not_fit_are_told(folds, said):
    assert refusals_of(of_folds, cohort_of(SPLITS), folds) == said
