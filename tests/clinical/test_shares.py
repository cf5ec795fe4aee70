"""Is every patient of a group placed, and as near to the wanted share as can be?"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.clinical.shares import (
    largest_remainder,
    sizes_by_counts,
    sizes_by_fractions,
    sizes_with_validation,
    validation_problems,
)
from kseg.errors import InputError

weights = st.integers(0, 100)


@given(st.integers(0, 200), st.tuples(weights, weights, weights).filter(any))
def test_largest_remainder_places_everyone_within_one_patient_of_the_exact_share(number, parts):
    sizes = largest_remainder(number, dict(zip(("train", "val", "test"), parts, strict=True)))
    assert sum(sizes.values()) == number
    for size, part in zip(sizes.values(), parts, strict=True):
        assert abs(size - Fraction(number * part, sum(parts))) < 1


@pytest.mark.parametrize(
    ("number", "fractions", "sizes"),
    [
        # Luo and Li 2025: of 16 a group 10 to learn from (here 8 and 2), 6 to test
        (16, {"train": 0.5, "val": 0.125, "test": 0.375}, (8, 2, 6)),
        (1, {"train": 0.5, "val": 0.125, "test": 0.375}, (1, 0, 0)),
        (0, {"train": 1}, (0, 0, 0)),
        (4, {"train": 0.5, "val": 0.125, "test": 0.375}, (2, 0, 2)),  # val and test tie at half a patient
        (1, {"train": 1, "val": 1, "test": 1}, (1, 0, 0)),
        (2, {"train": 1, "val": 1, "test": 1}, (1, 0, 1)),
        (10, {"train": 0.7, "val": 0.1, "test": 0.2}, (7, 1, 2)),  # the floats add up to less than 1
        (75, {"train": 0.7, "val": 0.15, "test": 0.15}, (53, 11, 11)),
    ],
)
def test_remainders_and_ties(number, fractions, sizes):
    assert tuple(largest_remainder(number, fractions).values()) == sizes


def test_one_count_takes_the_rest():
    sizes = sizes_by_counts({"control": 16, "mild": 9}, {"train": None, "val": 2, "test": 6})
    assert sizes == {"control": {"train": 8, "val": 2, "test": 6}, "mild": {"train": 1, "val": 2, "test": 6}}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {"train": 8, "val": 2, "test": 8},
            "split: mild has 16 patients, 18 are asked for (train 8, val 2, test 8); lower the counts",
        ),
        (
            {"train": 8, "test": 6},
            "split: mild has 16 patients, 14 are placed (train 8, test 6); set one count to null for the rest",
        ),
        ({"train": None, "val": None}, "split: train and val are left open; only one can take the rest"),
        ({"train": None, "test": -1}, "split: the count of test is -1; a whole number from 0 up is needed, or null"),
        ({"train": None, "test": 0.5}, "split: the count of test is 0.5; a whole number from 0 up is needed, or null"),
        ({"train": None, "validation": 2}, "split: 'validation' is not known; the splits are train, val, test"),
    ],
)
def test_counts_that_do_not_fit_are_refused(counts, said):
    with pytest.raises(InputError) as caught:
        sizes_by_counts({"mild": 16}, counts)
    assert caught.value.problems == (said,)


@pytest.mark.parametrize(
    ("fractions", "said"),
    [
        ({"train": 0, "test": 0}, "split: every fraction is 0; at least one must be more"),
        ({"train": 1, "test": -0.2}, "split: the fraction of test is -0.2; a number from 0 up is needed"),
        ({"train": None, "test": 0.2}, "split: the fraction of train is None; a number from 0 up is needed"),
        ({"training": 1}, "split: 'training' is not known; the splits are train, val, test"),
    ],
)
def test_fractions_that_make_no_sense_are_refused(fractions, said):
    with pytest.raises(InputError) as caught:
        sizes_by_fractions({"mild": 16}, fractions)
    assert caught.value.problems == (said,)


def test_every_group_that_is_too_small_is_told():
    with pytest.raises(InputError) as caught:
        sizes_by_counts({"mild": 3, "severe": 2, "control": 9}, {"train": None, "test": 4})
    assert [problem.split()[1] for problem in caught.value.problems] == ["mild", "severe"]


def test_patients_without_a_group_are_called_so():
    with pytest.raises(InputError) as caught:
        sizes_by_counts({"": 3}, {"train": None, "test": 4})
    said = "split: 3 patients are without a group, 4 are asked for (train the rest, test 4); lower the counts"
    assert caught.value.problems == (said,)


@pytest.mark.parametrize(
    ("number", "val", "chosen"),
    [
        (16, 0.125, 2),
        (12, 0.125, 1),
        (13, 0.125, 2),
        (1, 0.125, 0),
        (0, 0.125, 0),
        (10, 0, 0),
        (10, 0.7, 7),
        (5, 0.9, 4),
    ],
)
def test_validation_takes_its_share_and_on_a_tie_the_network_learns(number, val, chosen):
    assert sizes_with_validation({"mild": number}, val) == {
        "mild": {"train": number - chosen, "val": chosen, "test": 0}
    }


@pytest.mark.parametrize("val", [-0.1, 1, 2, float("nan"), None, "x"])
def test_a_share_that_cannot_be_is_told(val):
    assert validation_problems(val) == [
        f"split: val is {val!r}; a share from 0 up to less than 1 is needed, such as 0.125"
    ]


def test_groups_may_count_differently():
    few = {"control": 10, "severe": 2}
    sizes = sizes_by_counts({"control": 16, "severe": 16}, {"train": few, "val": 2, "test": None})
    assert sizes == {"control": {"train": 10, "val": 2, "test": 4}, "severe": {"train": 2, "val": 2, "test": 12}}


def test_a_number_a_group_must_name_every_group_and_no_other():
    with pytest.raises(InputError) as told:
        sizes_by_counts({"control": 16, "severe": 16}, {"train": {"control": 3, "sever": 2}, "test": None})
    assert told.value.problems == (
        "split: train counts 'sever', which is no group",
        "split: train has no count for severe",
    )
