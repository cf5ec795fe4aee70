"""What went wrong, by case."""

import numpy as np
import pandas as pd

from kseg.metrics.missed import missed, missed_in_words
from kseg.report.failures import failures

VOLUMES = pd.DataFrame(
    [
        ("A", "mild", "both", "cortex", 90.0, 40.0),
        ("A", "mild", "left", "cortex", 50.0, 0.0),  # one kidney missed
        ("A", "mild", "right", "cortex", 40.0, 40.0),
        ("B", "severe", "both", "cortex", 60.0, 0.0),  # both missed: said once
        ("B", "severe", "left", "cortex", 30.0, 0.0),
        ("B", "severe", "right", "cortex", 30.0, 0.0),
        ("C", "severe", "both", "cortex", 0.0, 0.0),  # nothing to be found
        ("D", "severe", "both", "cortex", np.nan, 0.0),  # nobody has outlined it
    ],
    columns=["case_id", "group", "side", "structure", "reference_ml", "predicted_ml"],
)


def dice_of(values):
    rows = [(f"P{place}", "mild", "cortex", "dice", value) for place, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


def test_a_missed_kidney_and_two_missed_ones_are_each_told_once():
    listed = failures(dice_of([0.5]), VOLUMES, missed(VOLUMES), ["cortex"]).missed
    assert [list(line.cells) for line in listed.lines] == [
        ["A", "mild", "cortex", "left kidney", "50.0"],
        ["B", "severe", "cortex", "both kidneys", "60.0"],
    ]


def test_a_patient_missed_altogether_is_one_row_as_in_the_terminal():
    gone = pd.DataFrame(
        [
            ("B", "severe", side, structure, 60.0, 0.0)
            for side in ("both", "left", "right")
            for structure in ("parenchyma", "cortex", "medulla")
        ],
        columns=VOLUMES.columns,
    )
    listed = failures(dice_of([0.0]), gone, missed(gone), ["cortex"]).missed
    assert [list(line.cells) for line in listed.lines] == [["B", "severe", "parenchyma", "both kidneys", "60.0"]]
    assert missed_in_words(gone).splitlines()[2:] == ["  B (severe): all parenchyma, 60 ml"]


def test_the_five_lowest_are_listed_from_the_lowest_and_without_errors_where_no_volumes_are():
    found = failures(dice_of([0.9, 0.1, 0.8, 0.3, np.nan, 0.7, 0.2]), VOLUMES.iloc[:0], VOLUMES.iloc[:0], ["cortex"])
    assert [line.cells[0] for line in found.lowest.lines] == ["P1", "P6", "P3", "P5", "P2"]
    assert "cortex, error in ml" not in found.lowest.without_empty_columns().head
    assert [line.cells[0] for line in found.unscored.lines] == ["P4"]
    assert not found.volumes_known


def test_the_five_lowest_of_each_structure_are_bold_and_the_first_structure_sorts():
    # By hand: of seven, those but the two highest of each structure; P6 is among the five of neither and is not listed.
    parenchyma = dice_of([0.91, 0.95, 0.93, 0.92, 0.94, 0.98, 0.99]).assign(structure="parenchyma")
    cortex = dice_of([0.81, 0.89, 0.83, 0.82, 0.88, 0.84, 0.90])
    both = pd.concat([parenchyma, cortex])
    listed = failures(both, VOLUMES.iloc[:0], VOLUMES.iloc[:0], ["parenchyma", "cortex"]).lowest
    shown = listed.without_empty_columns()
    assert shown.head == ["case", "group", "parenchyma", "cortex"]
    assert [(line.cells[0], sorted(line.bold)) for line in shown.lines] == [
        *(("P0", [2, 3]), ("P3", [2, 3]), ("P2", [2, 3]), ("P4", [2, 3])),
        *(("P1", [2]), ("P5", [3])),
    ]
    assert "bold" in listed.caption


def test_where_nothing_was_missed_and_nobody_scored_no_list_is_made():
    found = failures(dice_of([]), VOLUMES.iloc[2:3], missed(VOLUMES.iloc[2:3]), ["cortex"])
    assert (found.missed, found.unscored, found.lowest) == (None, None, None)
