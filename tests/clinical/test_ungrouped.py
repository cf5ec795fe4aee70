"""Is it told from which cases no group can be told?"""

import math

import pandas as pd
import pytest

from kseg.clinical.ungrouped import ungrouped_problems, ungrouped_remarks

NAN = math.nan
KNOWN = {"creatinine_umol_l": 80.0, "age": 50.0, "sex": "F", "egfr": NAN, "group": ""}
UNKNOWN = {"creatinine_umol_l": NAN, "age": NAN, "sex": "", "egfr": NAN, "group": ""}
WAY_OUT = "without it give an egfr or a group, or set cohort.ungrouped=keep"


def rows_of(*rows):
    return pd.DataFrame([{"case_id": f"P{number}", **row} for number, row in enumerate(rows, 1)])


@pytest.mark.parametrize(
    ("stated", "what"),
    [
        ({"creatinine_umol_l": NAN}, "no creatinine_umol_l"),
        ({"age": NAN, "sex": ""}, "no age and no sex"),
        (UNKNOWN, "no creatinine_umol_l and no age and no sex"),
    ],
)
def test_a_case_without_a_group_is_told_with_what_it_lacks(stated, what):
    assert ungrouped_problems(rows_of(KNOWN, {**KNOWN, **stated})) == [f"P2: {what}; {WAY_OUT}"]


@pytest.mark.parametrize("stated", [{"egfr": 30.0}, {"group": "mild"}])
def test_a_stated_egfr_or_group_is_enough(stated):
    assert ungrouped_problems(rows_of({**UNKNOWN, **stated})) == []


def test_a_cohort_of_which_nothing_is_known_is_told_in_one_line():
    said = "none of the 3 cases has creatinine, eGFR or group; give one of them, or set cohort.ungrouped=keep"
    assert ungrouped_problems(rows_of(UNKNOWN, UNKNOWN, {**UNKNOWN, "age": 50.0})) == [f"{said}, to go without groups"]


def test_a_cohort_that_lacks_one_column_is_told_in_one_line():
    no_age = {**KNOWN, "age": NAN}
    assert ungrouped_problems(rows_of(no_age, no_age)) == [f"all 2 cases: no age; {WAY_OUT}"]


def test_an_empty_cohort_lacks_nothing():
    empty = rows_of(KNOWN).iloc[:0]
    assert (ungrouped_problems(empty), ungrouped_remarks(empty)) == ([], [])


def test_kept_cases_without_a_group_are_counted():
    grouped = {**KNOWN, "group": "mild"}
    assert ungrouped_remarks(rows_of(grouped, UNKNOWN, grouped, UNKNOWN)) == [
        "2 cases are without a group, for want of creatinine, age or sex, and in no group's results: P2, P4"
    ]
    assert ungrouped_remarks(rows_of(grouped)) == []


def test_a_cohort_without_groups_is_said_to_be_one():
    assert ungrouped_remarks(rows_of(UNKNOWN, UNKNOWN)) == [
        "no patient has creatinine, eGFR or group: the cohort is trained and evaluated without groups"
    ]
    assert ungrouped_remarks(rows_of({**KNOWN, "age": NAN})) == [
        "no patient's group can be told, for want of creatinine, age or sex: the cohort is trained and evaluated "
        "without groups"
    ]
