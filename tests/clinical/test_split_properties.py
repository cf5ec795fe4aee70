"""Whatever the cohort: are splits complete, pure by patient, repeatable, the same in any order of rows, and even?"""

from fractions import Fraction
from functools import partial

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kseg.clinical.cohort import COHORT_COLUMNS, write_cohort
from kseg.clinical.folds import all_folds, fold_split
from kseg.clinical.known_split import column_split, reused_split
from kseg.clinical.split import held_out_group_split, listed_split, stratified_split

STUDY = {"train": 0.5, "val": 0.125, "test": 0.375}
SPLITS = ("train", "val", "test")


def cohort_of(patients):
    """One case for each group that a patient's CTs lie in; the split that the table states goes with the patient."""
    cases = [(patient, ct, group) for patient, groups in patients.items() for ct, group in enumerate(groups)]
    texts = {column: [""] * len(cases) for column in COHORT_COLUMNS} | {
        "case_id": [f"{patient}-{ct}" for patient, ct, _ in cases],
        "patient_id": [patient for patient, _, _ in cases],
        "group": [group for _, _, group in cases],
        "split": [SPLITS[int(patient[1:]) % 3] for patient, _, _ in cases],
    }
    numbers = dict.fromkeys(("age", "creatinine_umol_l", "egfr"), 50.0)
    return pd.DataFrame(texts, dtype="str").assign(**numbers)


groups_of_a_patient = st.lists(st.sampled_from(["control", "mild", "severe", ""]), min_size=1, max_size=3)
cohorts = st.dictionaries(st.integers(0, 999).map("P{:03}".format), groups_of_a_patient, min_size=2, max_size=40).map(
    cohort_of
)
seeds = st.integers(0, 2**32)
unhurried = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def listed(cohort, seed):
    patients = sorted(set(cohort["patient_id"]))
    return listed_split(cohort, train=None, val=patients[:1], test=patients[-1:] if len(patients) > 1 else [])


def held_out(cohort, seed):
    return held_out_group_split(cohort, group=max(cohort["group"]), val=0.25, seed=seed)


KINDS = {
    "fractions": partial(stratified_split, fractions=STUDY),
    "counts": partial(stratified_split, counts={"train": None, "test": 1}),
    "folds": partial(fold_split, folds=2, fold=1, repeat=3, val=0.25),
    "held_out_group": held_out,
    "patients": listed,
    "column": lambda cohort, seed: column_split(cohort),
}
every_kind = pytest.mark.parametrize("split", KINDS.values(), ids=KINDS)


@every_kind
@unhurried
@given(cohort=cohorts, seed=seeds)
def test_every_case_is_in_one_split_and_nothing_else_changes(split, cohort, seed):
    placed = split(cohort, seed=seed)
    assert set(placed["split"]) <= set(SPLITS)
    assert_frame_equal(placed.drop(columns="split"), cohort.drop(columns="split"))


@every_kind
@unhurried
@given(cohort=cohorts, seed=seeds)
def test_a_patients_cases_are_in_the_same_split(split, cohort, seed):
    assert (split(cohort, seed=seed).groupby("patient_id")["split"].nunique() == 1).all()


@every_kind
@unhurried
@given(cohort=cohorts, seed=seeds, random=st.randoms())
def test_a_split_is_repeated_exactly_in_any_order_of_rows(split, cohort, seed, random):
    order = list(cohort.index)
    random.shuffle(order)
    again = split(cohort.loc[order], seed=seed)
    assert again["split"].sort_index().tolist() == split(cohort, seed=seed)["split"].tolist()


def first_group(cohort):
    """Each patient's group: that of the first CT by case_id."""
    return cohort.sort_values("case_id").groupby("patient_id")["group"].first()


def patients_by_split(placed):
    """Patients per group and split."""
    split = placed.groupby("patient_id")["split"].first()
    return pd.crosstab(first_group(placed), split).reindex(columns=list(SPLITS), fill_value=0)


@unhurried
@given(cohort=cohorts, seed=seeds)
def test_shares_are_within_one_patient_of_the_exact_ones_in_every_group(cohort, seed):
    sizes = patients_by_split(stratified_split(cohort, seed=seed, fractions=STUDY))
    for split, share in STUDY.items():
        exact = sizes.sum(axis=1) * share
        assert ((sizes[split] - exact).abs() < 1).all()


@unhurried
@given(cohort=cohorts, seed=seeds)
def test_a_group_is_split_the_same_way_without_the_others(cohort, seed):
    group = first_group(cohort)
    mild = cohort[cohort["patient_id"].map(group) == "mild"]
    placed = stratified_split(cohort, seed=seed, fractions=STUDY)
    assert (
        stratified_split(mild, seed=seed, fractions=STUDY)["split"].tolist() == placed.loc[mild.index, "split"].tolist()
    )


@st.composite
def folded(draw):
    cohort = draw(cohorts)
    folds = draw(st.integers(2, min(7, cohort["patient_id"].nunique())))
    val = draw(st.sampled_from([0, 0.1, 0.125, 0.4]))
    return cohort, {"folds": folds, "repeat": draw(st.integers(0, 3)), "val": val, "seed": draw(seeds)}


@unhurried
@given(folded())
def test_over_all_folds_every_patient_is_tested_once(drawn):
    cohort, settings_ = drawn
    splits = [fold_split(cohort, fold=fold, **settings_) for fold in range(settings_["folds"])]
    tested = pd.concat([split[split["split"] == "test"] for split in splits])
    assert sorted(tested["case_id"]) == sorted(cohort["case_id"])


@unhurried
@given(folded())
def test_folds_test_as_many_of_every_group_and_of_all_within_one_patient(drawn):
    cohort, settings_ = drawn
    splits = [fold_split(cohort, fold=fold, **settings_) for fold in range(settings_["folds"])]
    tested = pd.concat([patients_by_split(split)["test"] for split in splits], axis=1)
    assert (tested.max(axis=1) - tested.min(axis=1) <= 1).all()
    assert tested.sum().max() - tested.sum().min() <= 1


@unhurried
@given(folded())
def test_validation_takes_its_share_of_the_rest_of_every_group_within_one_patient(drawn):
    cohort, settings_ = drawn
    sizes = patients_by_split(fold_split(cohort, fold=0, **settings_))
    exact = sizes[["train", "val"]].sum(axis=1) * Fraction(str(settings_["val"]))
    assert ((sizes["val"] - exact).abs() < 1).all()


@unhurried
@given(folded())
def test_all_folds_are_the_folds_one_by_one(drawn):
    cohort, settings_ = drawn
    for number, (train, val, test) in enumerate(all_folds(cohort, **settings_)):
        placed = fold_split(cohort, fold=number, **settings_)
        for name, cases in zip(SPLITS, (train, val, test), strict=True):
            assert cases == tuple(placed["case_id"][placed["split"] == name])


@unhurried
@given(cohort=cohorts, seed=seeds, group=st.sampled_from(["control", "mild", "severe", ""]))
def test_a_held_out_group_is_tested_whole_and_never_learnt_from(cohort, seed, group):
    assume(group in set(cohort["group"]))
    placed = held_out_group_split(cohort, group=group, val=0.25, seed=seed)
    assert set(placed["split"][placed["group"] == group]) == {"test"}
    in_group = placed.groupby("patient_id")["group"].agg(lambda groups: group in set(groups))
    assert set(placed["patient_id"][placed["split"] == "test"]) == set(in_group.index[in_group])
    sizes = patients_by_split(placed[placed["split"] != "test"])
    assert ((sizes["val"] - sizes.sum(axis=1) * 0.25).abs() < 1).all()


@unhurried
@given(cohort=cohorts, seed=seeds, random=st.randoms())
def test_a_reused_split_is_the_other_runs(tmp_path_factory, cohort, seed, random):
    folder = tmp_path_factory.mktemp("run")
    placed = stratified_split(cohort, seed=seed, fractions=STUDY)
    write_cohort(folder / "cohort.csv", placed)
    order = list(cohort.index)
    random.shuffle(order)
    again = reused_split(cohort.loc[order], cohort=folder)
    assert_frame_equal(again.sort_index(), placed)
