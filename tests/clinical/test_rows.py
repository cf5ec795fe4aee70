"""Are clinical values that cannot be found, in the order of the rows?"""

import math

import pandas as pd
import pytest

from kseg.clinical.rows import row_problems

NAN = math.nan


def rows_of(*rows):
    columns = {"case_id": "", "patient_id": "", "sex": "", "age": NAN, "creatinine_umol_l": NAN, "egfr": NAN}
    table = pd.DataFrame([{**columns, "patient_id": row["case_id"], **row} for row in rows])
    return table.astype({"age": float, "creatinine_umol_l": float, "egfr": float})


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("age", -4, "P1: age -4; an age in years is more than 0"),
        ("age", 0, "P1: age 0; an age in years is more than 0"),
        ("age", 120.5, "P1: age 120.5; an age in years is at most 120"),
        ("creatinine_umol_l", 0, "P1: creatinine_umol_l 0; a creatinine in umol/L is more than 0"),
        ("egfr", -1, "P1: egfr -1; an eGFR in mL/min/1.73 m^2 is more than 0"),
        ("sex", "x", "P1: sex 'x'; F or M is needed"),
    ],
)
def test_a_value_that_cannot_be_is_told(column, value, said):
    assert row_problems(rows_of({"case_id": "P1", column: value})) == [said]


@pytest.mark.parametrize(("column", "value"), [("age", 120), ("age", 0.1), ("age", NAN), ("sex", "F"), ("sex", "")])
def test_a_value_that_can_be_is_taken(column, value):
    assert row_problems(rows_of({"case_id": "P1", column: value})) == []


@pytest.mark.parametrize("column", ["age", "creatinine_umol_l", "egfr"])
def test_infinity_is_no_value(column):
    assert row_problems(rows_of({"case_id": "P1", column: math.inf}))[0].startswith(f"P1: {column} inf;")


def test_problems_stand_in_the_order_of_the_rows():
    found = row_problems(rows_of({"case_id": "P2", "sex": "x", "age": 0}, {"case_id": "P1", "age": -1, "egfr": 0}))
    assert [problem[:7] for problem in found] == ["P2: age", "P2: sex", "P1: age", "P1: egf"]


def test_a_patient_of_two_sexes_is_told_once():
    cases = [("a", "P", "M"), ("b", "P", ""), ("c", "P", "F"), ("d", "P", "M"), ("e", "Q", "F"), ("f", "Q", "F")]
    rows = rows_of(*({"case_id": case, "patient_id": patient, "sex": sex} for case, patient, sex in cases))
    assert row_problems(rows) == ["patient P: sex F and M in 4 cases; correct one"]


def test_a_row_without_an_id_is_left_to_others():
    assert row_problems(rows_of({"case_id": "", "age": -1})) == []
