"""Settings tested against one another, patient by patient."""

import math

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from kseg.stats.pooling import RunScores, over_rounds, paired_rounds, rounds_of
from kseg.stats.settings import compare_settings

NAN = float("nan")
ROUNDING_FIRST_BASE = np.array(
    [
        *([5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40], [5.90, 5.85, 5.70]),
        *([5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35], [5.25, 5.15, 5.00], [5.85, 5.80, 5.70]),
        *([5.25, 5.20, 5.10], [5.65, 5.55, 5.45], [5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40]),
        *([5.45, 5.55, 5.50], [5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40]),
        *([5.70, 5.65, 5.55], [6.30, 6.30, 6.25]),
    ]
)
"""Seconds to round first base by three methods: Hollander and Wolfe 1973, table 7.1; R's friedman.test has it too."""


def settings_of(columns, metric="dice", structure="cortex"):
    """A pooled table of `{setting: a value a patient}`."""
    tables = {
        setting: pd.DataFrame(
            {"case_id": [f"P{n:02}" for n in range(len(values))], "group": "control", "structure": structure}
            | {"metric": metric, "value": np.asarray(values, float)}
        )
        for setting, values in columns.items()
    }
    return over_rounds(paired_rounds(rounds_of([RunScores(setting, 1, table) for setting, table in tables.items()])))


def compared(columns, metric="dice", confidence=0.95):
    table = settings_of(columns, metric)
    return compare_settings(table, settings=list(columns), confidence=confidence).set_index("contrast")


def test_friedman_equals_r_with_ties():
    # R 4.2.2: friedman.test(RoundingTimes): chi-squared = 11.1428571428571, p = 0.00380504077551136.
    found = compared(dict(zip("abc", ROUNDING_FIRST_BASE.T, strict=True)), metric="seconds").loc["settings"]
    assert (found["statistic"], found["df1"]) == (pytest.approx(11.1428571428571), 2)
    assert found["p"] == pytest.approx(0.00380504077551136)
    assert found["effect"] == pytest.approx(11.1428571428571 / 44)  # Kendall's W = chi-squared / (n (k - 1))


def test_friedman_equals_r_where_missed_kidneys_count_as_worst():
    # R 4.2.2: friedman.test with Inf in [1, 1], [2, 1], [3, 3]: 12.6666666666667, p = 0.00177610354573438.
    times = ROUNDING_FIRST_BASE.copy()
    times[[0, 1, 2], [0, 0, 2]] = NAN
    found = compared(dict(zip("abc", times.T, strict=True)), metric="hd95_mm").loc["settings"]
    assert found["n"] == 22
    assert found["statistic"] == pytest.approx(12.6666666666667)
    assert found["p"] == pytest.approx(0.00177610354573438)
    assert found["note"] == "3 without a distance in some setting, which counts as worst there"


def test_wilcoxon_equals_r_where_missed_kidneys_count_as_worst():
    # R 4.2.2: wilcox.test(round(d, 9), exact=FALSE, correct=FALSE), 1e6 for Inf: V = 39, p = 0.00434138065348274
    times = ROUNDING_FIRST_BASE.copy()
    times[[0, 1, 2], [0, 0, 2]] = NAN
    found = compared(dict(zip("abc", times.T, strict=True)), metric="hd95_mm").loc["c - a"]
    assert found["statistic"] == 39
    assert found["p"] == pytest.approx(0.00434138065348274)
    assert "no estimate: each setting missed patients whom the other found" in found["note"]
    assert "p by the normal approximation" in found["note"]
    assert math.isnan(found["effect"])


def test_a_pair_equals_r_with_its_estimate_and_interval():
    # R 4.2.2: wilcox.test(y, x, paired=TRUE, conf.int=TRUE) on its own example; V = 5, p = 0.0390625.
    before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    found = compared({"before": before, "after": after}).loc["after - before"]
    assert (found["statistic"], found["p"]) == (5, 0.0390625)
    assert found["effect_name"] == "hodges_lehmann"
    assert tuple(found[["effect", "ci_low", "ci_high"]]) == pytest.approx((-0.46, -0.786, -0.01))
    assert found["note"] == ""


def test_p_is_corrected_by_holm_as_pingouin_does_and_friedman_equals_it():
    random = np.random.default_rng(4)
    patients = random.normal(0.85, 0.05, 20)
    columns = {"a": patients, "b": patients + random.normal(0.01, 0.01, 20), "c": patients + random.normal(0, 0.01, 20)}
    found = compared(columns)
    pairs = found[found["test"] == "wilcoxon"]
    for contrast, p in pairs["p"].items():
        later, earlier = contrast.split(" - ")
        assert p == pytest.approx(stats.wilcoxon(columns[later] - columns[earlier]).pvalue)
    rejected, corrected = pingouin.multicomp(pairs["p"].to_numpy(), method="holm")
    assert pairs["p_holm"].tolist() == pytest.approx(corrected.tolist())
    assert rejected.any()
    friedman = pingouin.friedman(settings_of(columns), dv="value", within="setting", subject="case_id").iloc[0]
    assert tuple(found.loc["settings", ["statistic", "effect"]]) == pytest.approx((friedman["Q"], friedman["W"]))


def test_friedmans_p_is_corrected_over_the_structures_and_pairs_over_those_of_their_own():
    # statsmodels' multipletests, by Holm: of the structures' Friedman tests, of each structure's three pairs
    random = np.random.default_rng(6)
    tables = []
    for structure, gain in (("parenchyma", 0.02), ("cortex", 0.01)):
        patients = random.normal(0.85, 0.05, 12)
        columns = {name: patients + place * gain + random.normal(0, 0.02, 12) for place, name in enumerate("abc")}
        tables.append(settings_of(columns, structure=structure))
    found = compare_settings(pd.concat(tables), settings=list("abc"), confidence=0.95)
    friedman, pairs = (found[found["test"] == test] for test in ("friedman", "wilcoxon"))
    assert friedman["p_holm"].tolist() == pytest.approx(multipletests(friedman["p"], method="holm")[1])
    assert (friedman["p_holm"] > friedman["p"]).any()
    for _, own in pairs.groupby("structure"):
        assert own["p_holm"].tolist() == pytest.approx(multipletests(own["p"], method="holm")[1])


def test_differences_of_zero_leave_the_test_and_stay_in_the_estimate():
    earlier = np.array([5, 5, 5, 5, 5, 5, 5, 5.0])
    later = earlier + np.array([0, 0, 1, 2, 3, 4, 5, 7])
    found = compared({"earlier": earlier, "later": later}).loc["later - earlier"]
    assert found["p"] == pytest.approx(2 / 2**6)  # six positive differences: the two extreme of 64 sign patterns
    first, second = np.triu_indices(8)
    difference = later - earlier
    assert found["effect"] == np.median((difference[first] + difference[second]) / 2)
    assert found["note"] == "2 without a difference, not in the test"


def test_by_dice_a_patient_without_a_value_is_left_out_by_the_pairs_that_lack_it_and_counted():
    found = compared({"a": [0.8, 0.7, 0.9, NAN], "b": [0.7, 0.6, 0.7, 0.5], "c": [0.6, 0.5, 0.4, 0.1]})
    assert found["n"].to_dict() == {"settings": 3, "b - a": 3, "c - a": 3, "c - b": 4}
    assert found.loc["b - a", "note"].startswith("1 without a value left out")
    assert found.loc["c - b", "note"] == "no interval: 4 patients are too few"


def test_whom_both_missed_says_nothing_of_the_two():
    found = compared({"a": [1, 2, NAN, 4], "b": [2, 4, NAN, 8]}, metric="assd_mm").loc["b - a"]
    assert found["n"] == 3
    assert found["note"].startswith("1 without a value left out")


def test_one_missed_kidney_of_many_leaves_an_estimate_with_an_open_end():
    a = np.arange(1.0, 9.0)
    b = np.r_[a[:-1] + np.linspace(0.5, 1.5, 7), NAN]
    found = compared({"a": a, "b": b}, metric="hd95_mm").loc["b - a"]
    assert found["p"] == pytest.approx(2 / 2**8)  # all eight on one side
    assert found["effect"] > 0
    assert math.isnan(found["ci_high"])
    assert "the interval has no end on the side of the missed" in found["note"]


@pytest.mark.parametrize(
    ("columns", "test", "note"),
    [
        ({"a": [0.8, 0.7], "b": [0.8, 0.7]}, "friedman", "not computed: fewer than three settings"),
        ({"a": [0.8, 0.7], "b": [0.8, 0.7]}, "wilcoxon", "not computed: both settings are the same in every patient"),
        ({"a": [0.8], "b": [0.7]}, "wilcoxon", "not computed: fewer than two patients"),
        ({"a": [0.8], "b": [0.7], "c": [0.1]}, "friedman", "not computed: fewer than two patients"),
        (
            {"a": [0.1, 0.2], "b": [0.1, 0.2], "c": [0.1, 0.2]},
            "friedman",
            "not computed: all settings are the same in every patient",
        ),
        (
            {"a": [NAN, NAN], "b": [NAN, NAN]},
            "wilcoxon",
            "not computed: fewer than two patients; 2 without a value left",
        ),
    ],
)
def test_what_cannot_be_compared_says_why(columns, test, note):
    found = compared(columns).reset_index().set_index("test").loc[[test]].iloc[0]
    assert found["note"].startswith(note)
    assert math.isnan(found["p"])


def test_a_setting_that_was_never_scored_by_a_metric_is_not_taken_for_one_that_missed_everybody():
    both, alone = settings_of({"a": [1, 2, 3], "b": [2, 3, 4]}), settings_of({"a": [1, 2, 3]}, metric="hd95_mm")
    found = compare_settings(pd.concat([both, alone]), settings=["a", "b"], confidence=0.95)
    notes = found[found["metric"] == "hd95_mm"]["note"].tolist()
    assert notes[1] == "not computed: no such score of b"


def test_signed_errors_are_tested_for_their_bias():
    found = compared({"a": [1, -1, 2, -2, 1.5, -1.5], "b": [6, 4.1, 7.3, 3.4, 6.6, 3.7]}, metric="volume_error_ml")
    assert found.loc["b - a", "p"] == pytest.approx(2 / 2**6)
    assert found.loc["b - a", "effect"] == pytest.approx(5.1, abs=0.15)
