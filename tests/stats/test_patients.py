import math

import pandas as pd
import pytest

from kseg.stats.patients import average_cases


def scores(*rows):
    return pd.DataFrame(
        [(case, group, "both", "cortex", "dice", value) for case, group, value in rows],
        columns=["case_id", "group", "side", "structure", "metric", "value"],
    )


def test_two_cts_of_a_patient_count_once():
    table = average_cases(
        scores(("P1-a", "mild", 0.8), ("P2-a", "severe", 0.5), ("P1-b", "moderate", 0.6)),
        {"P1-a": "P1", "P1-b": "P1", "P2-a": "P2"},
    )
    assert table["case_id"].tolist() == ["P1", "P2"]
    assert table["group"].tolist() == ["mild", "severe"]
    assert table["value"].tolist() == pytest.approx([0.7, 0.5])


def test_the_group_is_that_of_the_first_ct_by_case_id_as_in_the_split():
    table = average_cases(scores(("A2", "severe", 0.8), ("A1", "mild", 0.6)), {"A1": "A", "A2": "A"})
    assert table["group"].tolist() == ["mild"]


def test_a_missing_score_of_one_ct_leaves_the_other():
    table = average_cases(scores(("a", "mild", math.nan), ("b", "mild", 0.6)), {"a": "P1", "b": "P1"})
    assert table["value"].tolist() == [0.6]


def test_one_ct_a_patient_changes_nothing():
    table = scores(("P1", "mild", 0.8), ("P2", "severe", 0.5))
    assert average_cases(table, {}) is table
