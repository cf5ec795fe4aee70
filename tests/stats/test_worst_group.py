"""Which setting serves the worst group best."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from kseg.stats.pooling import RunScores, over_rounds, paired_rounds, rounds_of
from kseg.stats.ranking import rank_settings
from kseg.stats.worst_group import best_for_the_worst_group

GROUPS = ["control", "severe"]


def served(columns, structure="cortex", resamples=50):
    """Of `{setting: a value a patient}`; every second patient is severe."""
    tables = {
        setting: pd.DataFrame(
            {"case_id": [f"P{n:02}" for n in range(len(values))], "structure": "cortex", "metric": "dice"}
            | {"group": [GROUPS[n % 2] for n in range(len(values))], "value": np.asarray(values, float)}
        )
        for setting, values in columns.items()
    }
    table = over_rounds(paired_rounds(rounds_of([RunScores(setting, 1, table) for setting, table in tables.items()])))
    drawn = {"resamples": resamples, "seed": 1}
    ranking = rank_settings(table, settings=list(columns), groups=GROUPS, confidence=0.95, **drawn)
    return best_for_the_worst_group(ranking, table, structure=structure, **drawn)


def test_the_setting_whose_worst_group_is_best_off_is_found_though_another_has_the_better_mean():
    found = served({"a": [0.99, 0.80, 0.97, 0.70, 0.98, 0.75], "b": [0.86, 0.79, 0.85, 0.80, 0.84, 0.78]})
    assert found[:3] == ("b", "severe", pytest.approx((0.79 + 0.80 + 0.78) / 3))


def test_how_often_equals_all_draws_counted_out():
    columns = {"a": [0.9, 0.6, 0.8, 0.75, 0.7, 0.7], "b": [0.72, 0.75, 0.74, 0.62, 0.70, 0.69]}
    values = np.array(list(columns.values())).T
    means = [
        np.array([values[start::2][list(draw)].mean(axis=0) for draw in itertools.product(range(3), repeat=3)])
        for start in (0, 1)
    ]
    first = np.zeros(2)
    for control, severe in itertools.product(*means):  # 3^3 * 3^3 equally likely ones, each group from its own patients
        worst = np.minimum(control, severe).round(12)
        best = worst == worst.max()
        first += best / best.sum() / 3**6
    found = served(columns, resamples=200_000)
    assert found.first == pytest.approx(first[list(columns).index(found.setting)], abs=6e-3)  # five standard errors


def test_of_equals_the_first_is_named_and_they_share():
    assert served({"a": [0.5, 0.6] * 3, "b": [0.5, 0.6] * 3}) == ("a", "control", 0.5, 0.5)


def test_groups_of_two_are_not_drawn_again_and_without_groups_there_is_none():
    found = served({"a": [0.5, 0.6, 0.7, 0.8], "b": [0.5, 0.6, 0.7, 0.8]})
    assert found[:2] == ("a", "control")
    assert math.isnan(found.first)
    nobody = served({"a": [0.5, 0.6], "b": [0.5, 0.6]}, structure="medulla")
    assert nobody[:2] == ("", "")
    assert math.isnan(nobody.mean)
