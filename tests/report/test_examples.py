"""Which cases are shown."""

import numpy as np
import pandas as pd
import pytest

from kseg.report.examples import choose_examples


def scores(cortex, parenchyma=None, groups=("mild",)):
    parenchyma = parenchyma or [0.9] * len(cortex)
    rows = [
        (f"P{place}", groups[place % len(groups)], structure, "dice", values[place])
        for place in range(len(cortex))
        for structure, values in (("parenchyma", parenchyma), ("cortex", cortex))
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


def chosen(table, groups=("mild",)):
    return [(example.group, example.rank, example.case_id) for example in choose_examples(table, groups)]


@pytest.mark.parametrize(
    ("cortex", "shown"),
    [
        ([0.7, 0.9, 0.5, 0.8, 0.6], [("best", "P1"), ("median", "P0"), ("worst", "P2")]),
        ([0.7, 0.9], [("best", "P1"), ("worst", "P0")]),
        ([0.7], [("only", "P0")]),
        ([0.7, np.nan, 0.9, 0.8], [("best", "P2"), ("median", "P3"), ("worst", "P0")]),
        ([], []),
    ],
)
def test_the_best_the_median_and_the_worst_are_shown_once_each(cortex, shown):
    assert [(rank, case) for _, rank, case in chosen(scores(cortex))] == shown


def test_each_group_has_its_own_in_the_order_of_the_groups_and_those_without_one_stand_last():
    table = scores([0.9, 0.3, 0.5, 0.8, 0.2, 0.4, 0.7, 0.1, 0.6], groups=("severe", "control", ""))
    assert chosen(table, ("control", "mild", "severe")) == [
        *(("control", "best", "P1"), ("control", "median", "P4"), ("control", "worst", "P7")),
        *(("severe", "best", "P0"), ("severe", "median", "P3"), ("severe", "worst", "P6")),
        *(("", "best", "P8"), ("", "median", "P2"), ("", "worst", "P5")),
    ]


def test_the_parenchyma_ranks_a_group_in_which_nobody_has_a_cortex():
    examples = choose_examples(scores([np.nan] * 3, [0.8, 0.9, 0.7]), ["mild"])
    assert [example.case_id for example in examples] == ["P1", "P0", "P2"]
    assert examples[0].ranked_by == "parenchyma"
