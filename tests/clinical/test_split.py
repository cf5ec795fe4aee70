"""Are groups drawn, held out and listed as was asked?"""

import pandas as pd
import pytest

from kseg.clinical.split import held_out_group_split, listed_split, stratified_split
from kseg.errors import InputError

STUDY = {"train": 0.5, "val": 0.125, "test": 0.375}
GROUPS = ("control", "mild", "moderate", "severe")


def cohort_of(patients):
    """One case a number: patients maps an id to (group, number of CTs)."""
    cases = [(f"{patient}-{ct}", patient, group) for patient, (group, cts) in patients.items() for ct in range(cts)]
    return pd.DataFrame(cases, columns=["case_id", "patient_id", "group"], dtype="str")


def study():
    return cohort_of({f"P{number:02}": (GROUPS[number % 4], 1) for number in range(64)})


def sizes(placed):
    return placed.groupby(["group", "split"]).size().unstack(fill_value=0)


def test_sixteen_a_group_are_split_as_in_the_study():
    placed = stratified_split(study(), seed=1, fractions=STUDY)
    assert (sizes(placed) == {"train": 8, "val": 2, "test": 6}).all(axis=None)


def test_another_seed_is_another_split():
    placed = [stratified_split(study(), seed=seed, fractions=STUDY)["split"].tolist() for seed in (1, 2)]
    assert placed[0] != placed[1]


def test_a_draw_follows_patients_and_not_what_their_cases_are_called():
    renamed = study().assign(case_id=[f"case {number:02}" for number in reversed(range(64))])
    splits = [stratified_split(cohort, seed=1, fractions=STUDY)["split"].tolist() for cohort in (study(), renamed)]
    assert splits[0] == splits[1]


def test_groups_of_one_size_are_drawn_apart():
    placed = stratified_split(study(), seed=1, fractions=STUDY)
    draws = {tuple(splits) for _, splits in placed.groupby("group")["split"]}
    assert len(draws) == 4


def test_counts_give_the_same_number_of_every_group():
    placed = stratified_split(study(), seed=1, counts={"train": None, "val": 0, "test": 5})
    assert (sizes(placed) == {"train": 11, "test": 5}).all(axis=None)


def test_a_group_of_one_is_trained_on():
    placed = stratified_split(cohort_of({"P1": ("severe", 2)}), seed=1, fractions=STUDY)
    assert placed["split"].tolist() == ["train", "train"]


def test_patients_without_a_group_are_a_group_of_their_own():
    cohort = study().assign(group=lambda table: table["group"].where(table["group"] != "severe", ""))
    assert sizes(stratified_split(cohort, seed=1, fractions=STUDY)).loc[""].to_dict() == {
        "train": 8,
        "val": 2,
        "test": 6,
    }


def test_a_patient_in_several_groups_is_drawn_with_the_first_case():
    cohort = pd.DataFrame({"case_id": ["b", "a"], "patient_id": "P1", "group": ["severe", "mild"]})
    with pytest.raises(InputError, match="split: mild has 1 patients, 2 are asked for"):
        stratified_split(cohort, seed=1, counts={"test": 2})


@pytest.mark.parametrize("shares", [{}, {"counts": {"train": None}, "fractions": STUDY}])
def test_counts_and_fractions_are_a_choice(shares):
    with pytest.raises(InputError, match="either counts or fractions are needed, and not both"):
        stratified_split(study(), seed=1, **shares)


@pytest.mark.parametrize("seed", [-1, 0.5, "1"])
def test_a_seed_that_is_none_is_told(seed):
    with pytest.raises(InputError, match=r"split: the seed is .*; a whole number from 0 up is needed"):
        stratified_split(study(), seed=seed, fractions=STUDY)


def test_a_held_out_group_of_sixteen_is_tested_and_an_eighth_of_the_others_chooses():
    placed = held_out_group_split(study(), group="severe", val=0.125, seed=1)
    expected = {group: {"test": 0, "train": 14, "val": 2} for group in GROUPS[:3]}
    assert sizes(placed).to_dict("index") == {**expected, "severe": {"test": 16, "train": 0, "val": 0}}


def test_a_patient_with_one_ct_in_the_held_out_group_is_tested_with_all():
    cohort = cohort_of({"P1": ("mild", 2), "P2": ("mild", 1)})
    cohort.loc[1, "group"] = "severe"
    assert held_out_group_split(cohort, group="severe", val=0, seed=1)["split"].tolist() == ["test", "test", "train"]


def test_everything_wrong_with_a_held_out_group_is_told():
    cohort = cohort_of({"P1": ("mild", 1), "P2": ("", 1)})
    with pytest.raises(InputError) as caught:
        held_out_group_split(cohort, group="sever", val=1, seed=1)
    assert list(caught.value.problems) == [
        "split: val is 1; a share from 0 up to less than 1 is needed, such as 0.125",
        "split: no case is in the group 'sever'; the groups of this cohort are '' (without a group), mild",
    ]


def test_listed_patients_go_where_the_lists_say():
    cohort = cohort_of({"P1": ("mild", 2), "P2": ("mild", 1), "007": ("mild", 1), "8": ("mild", 1)})
    placed = listed_split(cohort, train=None, val=[], test=["P2", "007", 8])
    assert placed["split"].tolist() == ["train", "train", "test", "test", "test"]


def test_every_wrong_name_in_the_lists_is_told():
    cohort = cohort_of({name: ("mild", 1) for name in ("P1", "P2", "P3", "P4")})
    with pytest.raises(InputError) as caught:
        listed_split(cohort, train=["P1", "P9"], val=["P1"], test=["P2", "P2", 7])
    assert list(caught.value.problems) == [
        "split: patient P1 is listed 2 times (train and val); once is needed",
        "split: patient P2 is listed 2 times (test and test); once is needed",
        "split: 2 listed patients are not in the cohort: P9, 7; quote an id with leading zeros, ['007']",
        "split: 2 patients are in no list: P3, P4; list them, or set one list to null",
    ]


def test_ten_wrong_names_are_told_and_the_others_counted():
    cohort = cohort_of({f"P{number:02}": ("mild", 1) for number in range(12)})
    with pytest.raises(InputError) as caught:
        listed_split(cohort, train=[], val=[], test=["P00"])
    names = ", ".join(f"P{number:02}" for number in range(1, 11))
    assert caught.value.problems == (
        f"split: 11 patients are in no list: {names} and 1 more; list them, or set one list to null",
    )


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"train": None, "val": None, "test": []}, "train and val are left open; only one can take the rest"),
        ({"train": None, "val": [], "test": "P1"}, r"test is 'P1'; a list is needed, \[P1\]"),
        ({"train": None, "val": [], "test": 5}, r"test is 5; a list is needed, \[5\]"),
    ],
)
def test_lists_that_make_no_sense_are_refused(lists, said):
    with pytest.raises(InputError, match=said):
        listed_split(study(), **lists)
