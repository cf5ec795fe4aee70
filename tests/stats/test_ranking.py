"""Settings ranked patient by patient."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kseg.stats.pooling import RunScores, over_rounds, paired_rounds, rounds_of
from kseg.stats.ranking import rank_settings
from kseg.stats.seeds import with_seeds

SETTINGS = ["unet", "segresnet", "unetr"]
NAN = float("nan")
HOW = {"resamples": 50, "confidence": 0.95, "seed": 1}


def scores(values, group_of=lambda number: "control", metric="dice"):
    rows = [(f"P{n:02}", group_of(n), "cortex", metric, value) for n, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


def severe_are_odd(number):
    return "severe" if number % 2 else "control"


def pooled_of(columns, metric="dice", group_of=lambda number: "control"):
    return over_rounds(
        paired_rounds(
            rounds_of([RunScores(name, 1, scores(values, group_of, metric)) for name, values in columns.items()])
        )
    )


def ranked(columns, metric="dice", groups=(), **how):
    table = pooled_of(columns, metric)
    ranking = rank_settings(table, settings=list(columns), groups=list(groups), **{**HOW, **how})
    return ranking.set_index("setting")


@pytest.fixture
def runs():
    """Three settings on 24 patients of two groups: unet best in control, segresnet in severe, unetr nowhere."""
    random = np.random.default_rng(2)
    patients = random.normal(0.85, 0.05, 24)
    severe = np.arange(24) % 2 == 1
    runs = []
    for setting, gain, in_severe in (("unet", 0.0, -0.03), ("segresnet", -0.01, 0.0), ("unetr", -0.10, 0.0)):
        for seed in (1, 2):
            values = patients + gain + in_severe * severe + random.normal(0, 0.005, 24)
            runs.append(RunScores(setting, seed, scores(values, severe_are_odd)))
    return runs


@pytest.fixture
def table(runs):
    return over_rounds(paired_rounds(rounds_of(runs)))


def test_the_ranking_holds_within_groups_and_says_how_sure_it_is(table):
    ranking = rank_settings(
        table, settings=SETTINGS, groups=["control", "severe"], resamples=20000, confidence=0.95, seed=1
    ).set_index(["group", "setting"])
    assert ranking.loc[("control", "unet"), "rank"] == 1
    assert ranking.loc[("severe", "segresnet"), "rank"] == 1
    assert ranking.loc[("control", "unetr"), "first"] == 0
    for group in ("control", "severe", "all"):
        assert ranking.loc[group, "first"].sum() == pytest.approx(1)
        assert ranking.loc[group, "n"].tolist() == [24 if group == "all" else 12] * 3
    assert ranking.loc[("control", "unet"), "kendall_tau"] > 0.9
    wide = table.pivot(index="case_id", columns="setting", values="value")
    low, high = ranking.loc[("all", "unet"), ["ci_low", "ci_high"]]
    expected = stats.bootstrap(
        (wide["unet"],), np.mean, method="percentile", n_resamples=20000, rng=5
    ).confidence_interval
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=2e-3)


def test_first_and_tau_equal_all_draws_counted_out():
    columns = {"a": [0.9, 0.6, 0.8, 0.7], "b": [0.8, 0.75, 0.7, 0.75], "c": [0.5, 0.8, 0.7, 0.8]}
    values = np.array(list(columns.values())).T
    first, taus = np.zeros(3), []
    draws = [values[list(draw)].mean(axis=0).round(12) for draw in itertools.product(range(4), repeat=4)]
    for means in draws:  # 4^4 equally likely ones
        best = means == means.max()
        first += best / best.sum() / len(draws)
        taus.append(stats.kendalltau(means, values.mean(axis=0).round(12)).statistic)
    found = ranked(columns, resamples=400_000)
    assert found["first"].tolist() == pytest.approx(first.tolist(), abs=4e-3)  # five standard errors: 5 * .5 / 632
    assert found["kendall_tau"].iloc[0] == pytest.approx(np.nanmean(taus), abs=8e-3)  # of values from -1 to 1


def test_equal_settings_share_the_first_place():
    ranking = ranked({name: [0.8, 0.7, 0.9] for name in SETTINGS}, groups=["control"])
    assert ranking["first"].tolist() == pytest.approx([1 / 3] * 6)
    assert ranking["rank"].tolist() == [1] * 6
    assert ranking["kendall_tau"].isna().all()
    assert set(ranking["note"]) == {"no Kendall's tau: all settings are equal"}


def test_distances_rank_from_below():
    ranking = ranked({"a": [2, 3, 4], "b": [5, 9, 6]}, metric="hd95_mm")
    assert ranking["rank"].to_dict() == {"a": 1, "b": 2}
    assert ranking["mean_rank"].to_dict() == {"a": 1, "b": 2}


def test_a_setting_gains_nothing_by_missing_the_difficult_kidneys():
    missing = [2, 3, NAN, NAN, NAN]  # where it finds a kidney it is a little better, on average of those 1 mm
    ranking = ranked({"careful": [3, 4, 30, 40, 50], "missing": missing, "worst": [9, 9, 60, 60, 60]}, "hd95_mm")
    assert ranking["rank"].to_dict() == {"careful": 1, "missing": 2, "worst": 3}
    assert ranking["mean_rank"].to_dict() == {"careful": 7 / 5, "missing": 11 / 5, "worst": 12 / 5}  # by hand
    assert ranking["n"].tolist() == [5, 5, 5]
    assert ranking["n_missing"].to_dict() == {"careful": 0, "missing": 3, "worst": 0}
    assert ranking["mean"].to_dict() == {"careful": 3.5, "missing": 2.5, "worst": 9.0}  # of the two all have
    assert set(ranking["n_mean"]) == {2}
    assert ranking["ci_low"].isna().all()
    assert ranking["note"].iloc[0] == (
        "no interval of the mean: too few have a value of every setting; "
        "3 without a distance in some setting, which counts as worst there"
    )


def test_who_missed_a_whole_group_is_last_in_it_and_a_patient_whom_nobody_found_is_left_out():
    ranking = ranked({"a": [NAN, NAN, NAN, NAN], "b": [5, 9, 6, NAN]}, metric="assd_mm")
    assert ranking["rank"].to_dict() == {"a": 2, "b": 1}
    assert ranking["n"].tolist() == [3, 3]
    assert ranking["mean"].isna().all()
    assert "no mean: nobody has a value of every setting" in ranking["note"].iloc[0]
    assert "1 without a value left out" in ranking["note"].iloc[0]


def test_by_dice_who_lacks_a_value_in_one_setting_is_left_out_of_all_and_counted():
    ranking = ranked({"a": [0.9, 0.8, 0.7, NAN], "b": [0.5, 0.6, 0.4, 0.99]})
    assert ranking["n"].tolist() == [3, 3]
    assert ranking["n_missing"].to_dict() == {"a": 1, "b": 0}
    assert ranking["mean"].tolist() == pytest.approx([0.8, 0.5])
    assert ranking["note"].iloc[0] == "1 without a value left out"


def test_signed_errors_are_not_ranked_and_their_sizes_are():
    signed = pooled_of({"a": [5, -5, 5], "b": [2, 2, 2]}, metric="volume_error_ml")
    sizes = pooled_of({"a": [5, 5, 5], "b": [2, 2, 2]}, metric="absolute_volume_error_ml")
    ranking = rank_settings(pd.concat([signed, sizes]), settings=["a", "b"], groups=[], **HOW)
    assert set(ranking["metric"]) == {"absolute_volume_error_ml"}
    assert ranking.set_index("setting")["rank"].to_dict() == {"a": 2, "b": 1}


def test_of_a_metric_that_is_not_known_more_is_better_and_that_is_said():
    ranking = ranked({"a": [1, 2, 3], "b": [2, 3, 4]}, metric="likeness")
    assert ranking["rank"].to_dict() == {"a": 2, "b": 1}
    assert ranking["note"].iloc[0] == "whether more likeness is better is not known; taken to be so"


@pytest.mark.parametrize(
    ("values", "n", "note"),
    [
        ([0.9], 1, "not drawn again: 1 patient, at least 3 are needed"),
        ([0.9, 0.8], 2, "not drawn again: 2 patients, at least 3 are needed"),
        ([NAN], 0, "not ranked: no patient; 1 without a value left out"),
    ],
)
def test_few_patients_are_ranked_and_not_drawn(values, n, note):
    ranking = ranked({"a": values, "b": [0.1] * len(values)})
    assert ranking["n"].tolist() == [n, n]
    assert ranking["note"].tolist() == [note] * 2
    assert ranking["rank"].tolist() == pytest.approx([1, 2] if n else [NAN, NAN], nan_ok=True)
    for column in ("first", "ci_low", "ci_high", "kendall_tau"):
        assert ranking[column].isna().all()


def test_a_setting_that_was_never_scored_by_a_metric_is_not_ranked_by_it():
    table = pd.concat([pooled_of({"a": [1, 2, 3], "b": [2, 3, 4]}), pooled_of({"a": [1, 2, 3]}, metric="hd95_mm")])
    ranking = rank_settings(table, settings=["a", "b"], groups=[], **HOW)
    by_distance = ranking[ranking["metric"] == "hd95_mm"]
    assert by_distance["rank"].isna().all()
    assert set(by_distance["note"]) == {"not ranked: no such score of b"}


def test_a_group_without_patients_ranks_nobody_and_says_so(table):
    ranking = rank_settings(table, settings=SETTINGS, groups=["mild"], **HOW)
    empty = ranking[ranking["group"] == "mild"]
    assert empty["n"].tolist() == [0, 0, 0]
    assert empty["mean"].isna().all()
    assert set(empty["note"]) == {"not ranked: no patient"}


def test_the_spread_over_seeds_stands_beside_the_mean(runs):
    rounds = paired_rounds(rounds_of(runs))
    ranking = rank_settings(over_rounds(rounds), settings=SETTINGS, groups=["control", "severe"], **HOW)
    found = with_seeds(ranking, rounds).set_index(["group", "setting"])
    assert set(found["seeds"]) == {2}
    first, second = (run.scores.query("group == 'severe'")["value"].mean() for run in runs[:2])
    assert found.loc[("severe", "unet"), "sd_seeds"] == pytest.approx(abs(first - second) / math.sqrt(2))
    assert found.loc[("severe", "unet"), "mean"] == pytest.approx((first + second) / 2)


def test_one_seed_has_no_spread():
    rounds = paired_rounds(rounds_of([RunScores(name, 1, scores([0.8, 0.7, 0.6])) for name in "ab"]))
    ranking = rank_settings(over_rounds(rounds), settings=["a", "b"], groups=[], **HOW)
    found = with_seeds(ranking, rounds)
    assert found["seeds"].tolist() == [1, 1]
    assert found["sd_seeds"].isna().all()
