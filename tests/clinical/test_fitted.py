"""Is it told for whom an equation was not made?"""

import math

import pandas as pd
import pytest

from kseg.clinical.fitted import fitted_remarks, range_problems


def told(ages, egfr, *, fitted_ages=(18, 70), fitted_egfr=(0, 90), computed=True):
    patients = [f"P{number}" for number in range(1, len(ages) + 1)]
    cohort = pd.DataFrame({"patient_id": patients, "age": ages, "egfr": egfr}).astype({"age": float, "egfr": float})
    by_equation = pd.Series(computed, cohort.index)
    return fitted_remarks(cohort, by_equation, name="MDRD-175", ages=fitted_ages, egfr=fitted_egfr)


def test_ages_at_the_bounds_belong_to_those_that_it_was_fitted_on():
    assert told([18, 70], [50, 90]) == []


def test_each_bound_that_is_passed_gets_one_line():
    assert told([17.9, 70.1, 12, 50], [50, 50, 95, 91]) == [
        "2 patients are younger than 18, for whom MDRD-175 was not fitted: P1, P3",
        "1 patient is older than 70, for whom MDRD-175 was not fitted: P2",
        "2 patients have an eGFR above 90, where MDRD-175 is not precise: P3, P4",
    ]


def test_five_patients_are_named_and_the_others_counted():
    assert told([4] * 8, [50] * 8) == [
        "8 patients are younger than 18, for whom MDRD-175 was not fitted: P1, P2, P3, P4, P5 and 3 more"
    ]


def test_who_states_an_egfr_needs_no_equation():
    assert told([4], [50], computed=False) == []


def test_an_age_that_is_missing_is_not_outside():
    assert told([math.nan], [math.nan]) == []


@pytest.mark.parametrize("bounds", [[18], [70, 18], [18, 18], [18, 70, 90], [math.nan, 70]])
def test_a_range_that_is_none_is_told(bounds):
    assert range_problems({"fitted_egfr": [0, 90], "fitted_ages": bounds}) == [
        f"cohort.fitted_ages is {bounds}; a lowest and a highest number are needed, such as [18, .inf]"
    ]
