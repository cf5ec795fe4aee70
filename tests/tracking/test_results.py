import math

import pandas as pd
import pytest

from kseg.tracking.results import summary_of, worst_named


@pytest.fixture
def groups():
    rows = [
        ("cortex", "dice", "all", 0.8),
        ("cortex", "dice", "mild", 0.9),
        ("cortex", "dice", "severe", 0.7),
        ("cortex", "volume_error_ml", "all", -2.0),
        ("cortex", "volume_error_ml", "mild", 3.0),
        ("cortex", "volume_error_ml", "severe", -7.0),
        ("medulla", "dice", "all", math.nan),
        ("medulla", "dice", "mild", math.nan),
    ]
    return pd.DataFrame(rows, columns=["structure", "metric", "group", "mean"])


@pytest.fixture
def tests():
    rows = [
        ("cortex", "dice", "anova", 0.01, 0.02, "", ""),
        ("cortex", "dice", "welch_anova", 0.03, 0.06, "inconclusive", ""),
        ("medulla", "dice", "welch_anova", math.nan, math.nan, "", "not computed: nobody shows it"),
    ]
    return pd.DataFrame(rows, columns=["structure", "metric", "test", "p", "p_holm", "verdict", "note"])


def test_a_sweep_is_sorted_by_means_groups_the_worst_of_them_and_the_verdict(groups, tests):
    assert summary_of(groups, tests) == {
        "test/dice/cortex": 0.8,
        "test/dice/cortex/mild": 0.9,
        "test/dice/cortex/severe": 0.7,
        "test/dice/cortex/worst_group": 0.7,
        "test/dice/cortex/worst_group_name": "severe",
        "test/dice/cortex/p": 0.03,
        "test/dice/cortex/p_holm": 0.06,
        "test/dice/cortex/verdict": "inconclusive",
        "test/volume_error_ml/cortex": -2.0,
        "test/volume_error_ml/cortex/mild": 3.0,
        "test/volume_error_ml/cortex/severe": -7.0,
        "test/volume_error_ml/cortex/worst_group": -7.0,
        "test/volume_error_ml/cortex/worst_group_name": "severe",
    }


def test_the_worst_group_of_a_validation_is_named():
    cortex = {"mild": 0.8, "severe": 0.6, "control": math.nan, "worst_group": 0.6}
    measured = {f"val/dice/cortex/{group}": dice for group, dice in cortex.items()}
    nobody = {"val/dice/medulla": math.nan, "val/dice/medulla/worst_group": math.nan}
    assert worst_named(measured | nobody | {"val/dice/cortex": 0.6}) == {"val/dice/cortex/worst_group_name": "severe"}
