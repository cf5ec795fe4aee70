from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.data.sampler import GroupSampler
from kseg.errors import InputError

GROUPS = ["control"] * 5 + ["mild"] * 3 + ["moderate"] + ["severe"] * 2
PLACES = {"cortex": 1, "medulla": 1, "anywhere": 2}


def sampler(groups=GROUPS, **settings):
    given = {"group_shares": "equal", "place_shares": PLACES, "length": 200, "seed": 7, **settings}
    return GroupSampler(groups, **given)


def test_equal_shares_draw_every_group_equally_often_also_a_group_of_one():
    drawn = Counter(GROUPS[draw.case] for draw in sampler())
    assert drawn == {"control": 50, "mild": 50, "moderate": 50, "severe": 50}


def test_the_cohorts_shares_follow_the_groups_sizes():
    drawn = Counter(GROUPS[draw.case] for draw in sampler(group_shares="cohort", length=110))
    assert drawn == {"control": 50, "mild": 30, "moderate": 10, "severe": 20}


def test_given_weights_are_shares():
    weights = {"control": 1, "mild": 1, "moderate": 0, "severe": 8}
    drawn = Counter(GROUPS[draw.case] for draw in sampler(group_shares=weights, length=100))
    assert drawn == {"control": 10, "mild": 10, "severe": 80}


def test_cases_without_a_group_are_drawn_by_their_share_of_the_cohort():
    groups = [*GROUPS, *[""] * 11]  # half of 22
    drawn = Counter(groups[draw.case] for draw in sampler(groups))
    assert drawn == {"": 100, "control": 25, "mild": 25, "moderate": 25, "severe": 25}


def test_a_cohort_without_groups_takes_turns():
    drawn = Counter(draw.case for draw in sampler([""] * 4))
    assert drawn == {0: 50, 1: 50, 2: 50, 3: 50}


def test_places_get_their_shares():
    assert Counter(draw.place for draw in sampler()) == {"cortex": 50, "medulla": 50, "anywhere": 100}


def test_patients_of_a_group_take_turns():
    drawn = Counter(draw.case for draw in sampler())
    assert [drawn[case] for case in range(5)] == [10] * 5
    assert sorted(drawn[case] for case in range(5, 8)) == [16, 17, 17]


@given(
    groups=st.lists(st.sampled_from(["control", "mild", "moderate", "severe"]), min_size=1, max_size=40),
    length=st.integers(1, 300),
    ranks=st.integers(1, 5),
    seed=st.integers(0, 2**31),
    epoch=st.integers(0, 1000),
)
def test_ranks_draw_equally_much_and_nothing_twice(groups, length, ranks, seed, epoch):
    every = [sampler(groups, length=length, seed=seed, rank=rank, ranks=ranks) for rank in range(ranks)]
    for one in every:
        one.set_epoch(epoch)
    draws = [list(one) for one in every]
    assert {len(drawn) for drawn in draws} == {len(every[0])} == {length // ranks}
    seeds = [draw.seed for drawn in draws for draw in drawn]
    assert len(set(seeds)) == len(seeds)
    shares = Counter(groups[draw.case] for drawn in draws for draw in drawn)
    exact = len(every[0]) * ranks / len(set(groups))
    assert all(abs(shares[group] - exact) < 1 for group in set(groups))


def test_an_epoch_is_drawn_the_same_again_and_another_one_differently():
    one, two = sampler(), sampler()
    first = list(one)
    assert first == list(one) == list(two)
    two.set_epoch(1)
    assert first != list(two)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"groups": []}, "no case to train on"),
        ({"group_shares": "balanced"}, "must be equal, cohort, or a weight for every group"),
        ({"group_shares": {"control": 1}}, "no weight for the group mild, moderate, severe"),
        ({"place_shares": {"cortex": 0}}, "one must be above zero"),
        ({"place_shares": {"cortex": 1, "medulla": -1}}, "no weight may be negative"),
    ],
)
def test_shares_that_cannot_be_drawn_are_told(settings, message):
    with pytest.raises(InputError, match=message):
        sampler(**settings)
