"""What was outlined and not predicted."""

import numpy as np
import pandas as pd

from kseg.metrics.missed import MISSED_COLUMNS, missed, missed_in_words

STRUCTURES = ("parenchyma", "cortex", "medulla")


def volumes(case, group, **sides):
    """`side=((outlined, predicted), ...)` in the order of `STRUCTURES`."""
    return [
        (case, group, side, s, *pair)
        for side, pairs in sides.items()
        for s, pair in zip(STRUCTURES, pairs, strict=True)
    ]


def table(*rows):
    columns = ["case_id", "group", "side", "structure", "reference_ml", "predicted_ml"]
    return pd.DataFrame([row for case in rows for row in case], columns=columns)


FINE = ((150, 140), (90, 80), (60, 60))
GONE = ((150, 0), (90, 0), (60, 0))


def test_a_missed_patient_is_one_row_and_not_nine():
    found = missed(table(volumes("A", "mild", both=FINE), volumes("B", "severe", both=GONE, left=GONE, right=GONE)))
    assert tuple(found.columns) == MISSED_COLUMNS
    assert found.to_numpy().tolist() == [["B", "severe", "both", "parenchyma", 150]]


def test_a_missed_kidney_is_found_beside_one_that_was_not_missed():
    found = missed(table(volumes("A", "mild", both=FINE, left=GONE, right=FINE)))
    assert found.to_numpy().tolist() == [["A", "mild", "left", "parenchyma", 150]]


def test_a_missed_structure_is_told_where_the_kidney_was_found():
    found = missed(table(volumes("A", "", both=((150, 140), (90, 140), (60, 0)))))
    assert found["structure"].tolist() == ["medulla"]


def test_what_was_never_to_be_predicted_or_is_not_outlined_is_not_missed():
    undivided = ((150, 140), (90, np.nan), (60, np.nan))
    not_outlined = ((0, 0), (np.nan, 0), (np.nan, 0))
    assert missed(table(volumes("A", "mild", both=undivided), volumes("B", "mild", both=not_outlined))).empty


def test_it_is_told_by_case_in_words():
    told = missed_in_words(table(volumes("A", "mild", both=FINE, left=GONE), volumes("[b]", "", both=GONE)))
    assert told.splitlines() == [
        "",
        "Outlined and not predicted at all:",
        "  A (mild): all parenchyma of the left kidney, 150 ml",
        "  [b]: all parenchyma, 150 ml",
    ]
    assert missed_in_words(table(volumes("A", "mild", both=FINE))) == ""


def test_a_table_without_volumes_misses_nothing():
    assert missed_in_words(table()) == ""
