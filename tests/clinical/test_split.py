"""Are splits disjoint, complete, pure by patient, repeatable, and even in every group?"""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.clinical.split import listed_split, stratified_split
from kseg.errors import InputError

STUDY = {"train": 0.5, "val": 0.125, "test": 0.375}


def cohort_of(patients):
    """One case a number: patients maps an id to (group, number of CTs)."""
    cases = [(f"{patient}-{ct}", patient, group) for patient, (group, cts) in patients.items() for ct in range(cts)]
    return pd.DataFrame(cases, columns=["case_id", "patient_id", "group"], dtype="str")


def study():
    groups = ("control", "mild", "moderate", "severe")
    return cohort_of({f"P{number:02}": (groups[number % 4], 1) for number in range(64)})


cohorts = st.dictionaries(
    st.integers(0, 999).map("P{:03}".format),
    st.tuples(st.sampled_from(["control", "mild", "severe"]), st.integers(1, 3)),
    min_size=1,
    max_size=40,
).map(cohort_of)
unhurried = settings(deadline=None, max_examples=50)
seeds = st.integers(0, 2**32)


@unhurried
@given(cohorts, seeds)
def test_every_case_is_in_one_split_and_a_patients_cases_in_the_same(cohort, seed):
    placed = stratified_split(cohort, seed=seed, fractions=STUDY)
    assert set(placed["split"]) <= {"train", "val", "test"}
    assert placed["case_id"].tolist() == cohort["case_id"].tolist()
    assert (placed.groupby("patient_id")["split"].nunique() == 1).all()


@unhurried
@given(cohorts, seeds)
def test_each_groups_share_is_within_one_patient_of_the_exact_one(cohort, seed):
    patients = stratified_split(cohort, seed=seed, fractions=STUDY).drop_duplicates("patient_id")
    for _, group in patients.groupby("group"):
        for split, share in STUDY.items():
            assert abs((group["split"] == split).sum() - len(group) * Fraction(share)) < 1


@unhurried
@given(cohorts, seeds, st.randoms())
def test_the_split_does_not_follow_the_order_of_rows(cohort, seed, random):
    order = list(cohort.index)
    random.shuffle(order)
    placed = stratified_split(cohort, seed=seed, fractions=STUDY)
    shuffled = stratified_split(cohort.loc[order], seed=seed, fractions=STUDY)
    assert shuffled["split"].sort_index().tolist() == placed["split"].tolist()


@unhurried
@given(cohorts, seeds)
def test_a_group_is_split_the_same_way_without_the_others(cohort, seed):
    placed = stratified_split(cohort, seed=seed, fractions=STUDY)
    alone = stratified_split(cohort[cohort["group"] == "mild"], seed=seed, fractions=STUDY)
    assert alone["split"].tolist() == placed["split"][placed["group"] == "mild"].tolist()


def test_sixteen_a_group_are_split_as_in_the_study():
    placed = stratified_split(study(), seed=1, fractions=STUDY)
    sizes = placed.groupby(["group", "split"]).size().unstack()
    assert (sizes == {"train": 8, "val": 2, "test": 6}).all(axis=None)


def test_another_seed_is_another_split():
    placed = [stratified_split(study(), seed=seed, fractions=STUDY)["split"].tolist() for seed in (1, 2)]
    assert placed[0] != placed[1]


def test_counts_give_the_same_number_of_every_group():
    placed = stratified_split(study(), seed=1, counts={"train": None, "val": 0, "test": 5})
    assert (placed.groupby(["group", "split"]).size().unstack() == {"train": 11, "test": 5}).all(axis=None)


def test_a_group_of_one_is_trained_on():
    placed = stratified_split(cohort_of({"P1": ("severe", 2)}), seed=1, fractions=STUDY)
    assert placed["split"].tolist() == ["train", "train"]


@pytest.mark.parametrize("shares", [{}, {"counts": {"train": None}, "fractions": STUDY}])
def test_counts_and_fractions_are_a_choice(shares):
    with pytest.raises(InputError, match="either counts or fractions are needed, and not both"):
        stratified_split(study(), seed=1, **shares)


def test_listed_patients_go_where_the_lists_say():
    cohort = cohort_of({"P1": ("mild", 2), "P2": ("mild", 1), "007": ("mild", 1)})
    placed = listed_split(cohort, train=None, val=[], test=["P2", "007"])
    assert placed["split"].tolist() == ["train", "train", "test", "test"]


def test_every_wrong_name_in_the_lists_is_told():
    cohort = cohort_of({name: ("mild", 1) for name in ("P1", "P2", "P3", "P4")})
    with pytest.raises(InputError) as caught:
        listed_split(cohort, train=["P1", "P9"], val=["P1"], test=["P2", "P2", 7])
    assert list(caught.value.problems) == [
        "split: patient P9 is not in the cohort",
        "split: patient 7 is not in the cohort",
        "split: patient P1 is listed 2 times (train and val); once is needed",
        "split: patient P2 is listed 2 times (test and test); once is needed",
        "split: patient P3 is in no list",
        "split: patient P4 is in no list",
    ]


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"train": None, "val": None, "test": []}, "train and val are left open; only one can take the rest"),
        ({"train": None, "val": [], "test": "P1"}, r"test is 'P1'; a list is needed, \[P1\]"),
    ],
)
def test_lists_that_make_no_sense_are_refused(lists, said):
    with pytest.raises(InputError, match=said):
        listed_split(study(), **lists)
