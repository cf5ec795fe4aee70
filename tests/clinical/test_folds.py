"""Are folds as even as can be, and repeats another draw?"""

import pandas as pd
import pytest

from kseg.clinical.folds import all_folds, fold_split
from kseg.errors import InputError

GROUPS = ("control", "mild", "moderate", "severe")
FIVE = {"folds": 5, "repeat": 0, "val": 0.125, "seed": 1}


def cohort_of(groups):
    names = [f"P{number:03}" for number in range(len(groups))]
    return pd.DataFrame({"case_id": names, "patient_id": names, "group": groups}, dtype="str")


def study():
    return cohort_of([group for group in GROUPS for _ in range(16)])


def test_sixty_four_patients_make_four_folds_of_thirteen_and_one_of_twelve():
    sizes = [len(fold.test) for fold in all_folds(study(), **FIVE)]
    assert sorted(sizes) == [12, 13, 13, 13, 13]


def test_remainders_of_the_groups_fall_into_different_folds():
    """Three groups of one in three folds: had each its own count, the first fold would hold all three."""
    folds = all_folds(cohort_of(["control", "mild", "severe"]), **{**FIVE, "folds": 3})
    assert [len(fold.test) for fold in folds] == [1, 1, 1]


def test_nobody_chooses_in_two_folds_while_validation_is_no_larger_than_a_fold():
    chosen = [case for fold in all_folds(study(), **FIVE) for case in fold.val]
    assert len(chosen) == len(set(chosen)) > 0


def test_another_repeat_or_seed_deals_anew():
    first, other_repeat, other_seed = (
        all_folds(study(), **{**FIVE, **change}) for change in ({}, {"repeat": 1}, {"seed": 2})
    )
    assert first != other_repeat
    assert first != other_seed
    assert other_repeat != other_seed


def test_everything_wrong_with_the_numbers_is_told():
    with pytest.raises(InputError) as caught:
        fold_split(cohort_of(["mild"] * 3), folds=4, fold=4, repeat=-1, val=1.5, seed=1)
    assert list(caught.value.problems) == [
        "split: val is 1.5; a share from 0 up to less than 1 is needed, such as 0.125",
        "split: folds is 4; 3 patients can be dealt to 2 folds or more, up to 3",
        "split: repeat is -1; a whole number from 0 up is needed",
        "split: fold is 4; folds are numbered from 0 to one less than their number, 4",
    ]


@pytest.mark.parametrize("change", [{"folds": "five"}, {"folds": 2.5}, {"folds": 1}, {"repeat": "x"}, {"val": "x"}])
def test_a_number_that_is_none_is_told_by_both(change):
    with pytest.raises(InputError):
        all_folds(study(), **{**FIVE, **change})
    with pytest.raises(InputError):
        fold_split(study(), fold=0, **{**FIVE, **change})
