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


def begun(groups=GROUPS, *, epoch, used=0, length=200, ranks=1, **settings):
    """A sampler in an epoch of which each rank has used some draws."""
    patches = epoch * (length - length % ranks) + used * ranks
    return sampler(groups, length=length, ranks=ranks, progress=lambda: patches, **settings)


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
    every = [begun(groups, epoch=epoch, length=length, seed=seed, rank=rank, ranks=ranks) for rank in range(ranks)]
    draws = [list(one) for one in every]
    assert {len(drawn) for drawn in draws} == {len(every[0])} == {length // ranks}
    seeds = [draw.seed for drawn in draws for draw in drawn]
    assert len(set(seeds)) == len(seeds)
    shares = Counter(groups[draw.case] for drawn in draws for draw in drawn)
    exact = len(every[0]) * ranks / len(set(groups))
    assert all(abs(shares[group] - exact) < 1 for group in set(groups))
    assert every[0].drawn(epoch).groups == {group: shares[group] for group in groups}


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    ranks=st.integers(1, 5),
    epoch=st.integers(0, 1000),
)
def test_an_epoch_of_200_patches_gives_every_group_its_share_within_one_percent(sizes, ranks, epoch):
    groups = [name for name, size in zip("abcd", sizes, strict=False) for _ in range(size)]
    drawn = sampler(groups, length=200, ranks=ranks).drawn(epoch).groups
    assert all(abs(count / sum(drawn.values()) - 1 / len(sizes)) < 0.01 for count in drawn.values())


@given(
    used=st.integers(0, 60),
    ranks=st.integers(1, 3),
    rank=st.integers(0, 2),
    epoch=st.integers(0, 50),
)
def test_a_resumed_epoch_goes_on_with_the_draw_after_the_last_one(used, ranks, rank, epoch):
    where = {"epoch": epoch, "length": 100, "rank": min(rank, ranks - 1), "ranks": ranks}
    straight = list(begun(**where))
    used = min(used, len(straight) - 1)
    assert list(begun(**where, used=used)) == straight[used:]


def test_an_epoch_that_is_used_up_is_followed_by_the_next():
    every = {"length": 100, "ranks": 2}
    assert list(begun(epoch=3, used=50, **every)) == list(begun(epoch=4, **every)) != list(begun(epoch=3, **every))


def test_an_epoch_that_goes_on_is_as_long_as_any():
    assert len(begun(epoch=3, used=20, length=100, ranks=2)) == 50


def test_a_patient_with_several_cts_takes_no_more_turns_than_others():
    patients = ["a", "a", "a", "b", "c", *"defghi"]
    one = sampler(patients=patients, length=240)
    drawn = Counter(draw.case for draw in one)
    assert {patient: one.drawn(0).patients[patient] for patient in "abc"} == {"a": 20, "b": 20, "c": 20}
    assert sorted(drawn[case] for case in range(3)) == [6, 7, 7]


def test_what_is_drawn_is_counted_by_group_place_and_patient():
    one, two = (sampler(length=40, rank=rank, ranks=2) for rank in range(2))
    draws = [*one, *two]
    for counted in (one.drawn(0), two.drawn(0)):
        assert counted.groups == Counter(GROUPS[draw.case] for draw in draws)
        assert counted.places == Counter(draw.place for draw in draws)
        assert counted.patients == Counter(str(draw.case) for draw in draws)
    assert str(one.drawn(0)) == (
        "40 patches: 10 control, 10 mild, 10 moderate, 10 severe; 10 cortex, 10 medulla, 20 anywhere; 2 to 10 a patient"
    )


def test_what_has_been_used_of_an_epoch_is_counted():
    one, two = (sampler(length=40, rank=rank, ranks=2) for rank in range(2))
    used = [*list(one)[:7], *list(two)[:7]]
    assert one.drawn(0, patches=14).patients == {
        str(case): sum(draw.case == case for draw in used) for case in range(len(GROUPS))
    }


def test_an_epoch_is_drawn_the_same_again_and_another_one_differently():
    one, two = sampler(), sampler()
    first = list(one)
    assert first == list(one) == list(two)
    assert first != list(begun(epoch=1))


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
