"""Which patients are shown."""

import numpy as np
import pandas as pd
import pytest

from kseg.report.examples import choose_examples


def scores(cortex, parenchyma=None):
    parenchyma = parenchyma or [0.9] * len(cortex)
    rows = [
        (f"P{place}", "mild", structure, "dice", values[place])
        for place in range(len(cortex))
        for structure, values in (("parenchyma", parenchyma), ("cortex", cortex))
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


@pytest.mark.parametrize(
    ("cortex", "shown"),
    [
        ([0.7, 0.9, 0.5, 0.8, 0.6], [("best", "P1"), ("median", "P0"), ("worst", "P2")]),
        ([0.7, 0.9], [("best", "P1"), ("median", "P0")]),
        ([0.7], [("best", "P0")]),
        ([0.7, np.nan, 0.9, 0.8], [("best", "P2"), ("median", "P3"), ("worst", "P0")]),
        ([], []),
    ],
)
def test_the_best_the_median_and_the_worst_are_shown_once_each(cortex, shown):
    assert [(example.rank, example.case_id) for example in choose_examples(scores(cortex))] == shown


def test_the_parenchyma_ranks_where_nobody_has_a_cortex():
    examples = choose_examples(scores([np.nan] * 3, [0.8, 0.9, 0.7]))
    assert [example.case_id for example in examples] == ["P1", "P0", "P2"]
    assert examples[0].ranked_by == "parenchyma"
