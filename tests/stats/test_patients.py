import math

import pandas as pd
import pytest

from kseg.stats.patients import average_cases, patients_in_several_groups, with_absolute_errors

TWO = {"P1-a": "P1", "P1-b": "P1", "P2-a": "P2"}


def scores(*rows, metric="dice"):
    return pd.DataFrame(
        [(case, group, "both", "cortex", metric, value) for case, group, value in rows],
        columns=["case_id", "group", "side", "structure", "metric", "value"],
    )


def test_two_cts_of_a_patient_count_once():
    table = average_cases(scores(("P1-a", "mild", 0.8), ("P2-a", "severe", 0.5), ("P1-b", "moderate", 0.6)), TWO)
    assert table["case_id"].tolist() == ["P1", "P2"]
    assert table["group"].tolist() == ["mild", "severe"]
    assert table["value"].tolist() == pytest.approx([0.7, 0.5])


def test_the_group_is_that_of_the_first_ct_by_case_id_as_in_the_split():
    table = average_cases(scores(("A2", "severe", 0.8), ("A1", "mild", 0.6)), {"A1": "A", "A2": "A"})
    assert table["group"].tolist() == ["mild"]


def test_a_score_that_one_ct_lacks_is_missing_and_so_is_counted():
    table = average_cases(scores(("a", "mild", math.nan), ("b", "mild", 0.6)), {"a": "P1", "b": "P1"})
    assert table["value"].isna().tolist() == [True]


def test_one_ct_a_patient_changes_nothing_but_the_name():
    table = scores(("P1", "mild", 0.8), ("P2", "severe", 0.5))
    assert average_cases(table, {}) is table
    assert average_cases(table, {"P1": "Q1"})["case_id"].tolist() == ["Q1", "P2"]


def test_a_patient_whose_cts_are_of_several_groups_is_named():
    table = scores(("P1-b", "moderate", 0.8), ("P2-a", "severe", 0.5), ("P1-a", "mild", 0.6))
    assert patients_in_several_groups(table, TWO) == [
        "P1: CTs in the groups mild, moderate; counted once, in mild, the first CT's"
    ]
    assert patients_in_several_groups(table.assign(group="mild"), TWO) == []


def test_errors_are_made_absolute_before_they_are_averaged():
    table = with_absolute_errors(scores(("P1-a", "mild", 5), ("P1-b", "mild", -5), metric="volume_error_ml"))
    found = average_cases(table, TWO).set_index("metric")["value"]
    assert found.to_dict() == {"volume_error_ml": 0, "absolute_volume_error_ml": 5}


def test_absolute_errors_that_are_there_stay_as_they_are():
    signed = scores(("P1", "mild", -5.0), metric="volume_error_ml")
    there = scores(("P1", "mild", 4.0), metric="absolute_volume_error_ml")
    table = pd.concat([signed, there], ignore_index=True)
    assert with_absolute_errors(table) is table
