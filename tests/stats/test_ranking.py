"""Settings compared patient by patient."""

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats

from kseg.errors import InputError
from kseg.stats.pooling import RunScores, pooled
from kseg.stats.ranking import best_for_the_worst_group, compare_settings, rank_settings

SETTINGS = ["unet", "segresnet", "unetr"]


def scores(values, group_of=lambda number: "control", first=0, structure="cortex", metric="dice"):
    rows = [(f"P{first + n:02}", group_of(first + n), structure, metric, value) for n, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


@pytest.fixture
def table():
    """Three settings on 24 patients of two groups: unet best in control, segresnet in severe, unetr nowhere."""
    random = np.random.default_rng(2)
    patients = random.normal(0.85, 0.05, 24)
    severe = np.arange(24) % 2 == 1

    def group_of(number):
        return "severe" if number % 2 else "control"

    runs = []
    for setting, gain, in_severe in (("unet", 0.0, -0.03), ("segresnet", -0.01, 0.0), ("unetr", -0.10, 0.0)):
        for seed in (1, 2):
            values = patients + gain + in_severe * severe + random.normal(0, 0.005, 24)
            runs.append(RunScores(setting, seed, scores(values, group_of)))
    return pooled(runs)


def test_folds_become_one_cohort_before_seeds_are_averaged():
    folds = [
        RunScores("unet", seed, scores([base + seed / 100] * 2, first=first))
        for seed in (1, 2)
        for first, base in ((0, 0.8), (2, 0.9))
    ]
    table = pooled([*folds, RunScores("vnet", 1, scores([0.5, 0.6, 0.7, np.nan]))][:4])
    assert table["case_id"].tolist() == ["P00", "P01", "P02", "P03"]
    assert table["value"].tolist() == pytest.approx([0.815, 0.815, 0.915, 0.915])
    assert set(table["seeds"]) == {2}


def test_a_value_that_one_seed_lacks_is_missing():
    table = pooled([RunScores("unet", 1, scores([0.8, np.nan])), RunScores("unet", 2, scores([0.9, 0.7]))])
    assert table["value"].tolist() == pytest.approx([0.85, np.nan], nan_ok=True)


def test_runs_that_cannot_be_paired_are_refused_and_the_patients_named():
    with pytest.raises(InputError) as told:
        pooled([RunScores("unet", 1, scores([0.8, 0.7])), RunScores("vnet", 1, scores([0.8, 0.7], first=1))])
    assert told.value.problems == (
        "P00: tested by unet, seed 1, not by vnet, seed 1; runs are compared patient by patient",
        "P02: tested by vnet, seed 1, not by unet, seed 1; runs are compared patient by patient",
    )
    with pytest.raises(InputError, match="unet, seed 1: tests P00, P01 twice; give each fold once"):
        pooled([RunScores("unet", 1, scores([0.8, 0.7]))] * 2)


def test_friedman_and_wilcoxon_equal_pingouin_and_scipy(table):
    found = compare_settings(table, settings=SETTINGS).set_index("contrast")
    wide = table.pivot(index="case_id", columns="setting", values="value")
    friedman = pingouin.friedman(table, dv="value", within="setting", subject="case_id").iloc[0]
    assert found.loc["settings", "statistic"] == pytest.approx(friedman["Q"])
    assert found.loc["settings", "effect"] == pytest.approx(friedman["W"])
    for contrast in ("segresnet - unet", "unetr - unet", "unetr - segresnet"):
        later, earlier = contrast.split(" - ")
        expected = stats.wilcoxon(wide[later], wide[earlier])
        assert found.loc[contrast, "p"] == pytest.approx(expected.pvalue)
        assert found.loc[contrast, "effect"] == pytest.approx((wide[later] - wide[earlier]).mean())
    pairs = found[found["test"] == "wilcoxon"]
    rejected, corrected = pingouin.multicomp(pairs["p"].to_numpy(), method="holm")
    assert pairs["p_holm"].tolist() == pytest.approx(corrected.tolist())
    assert rejected.any()


def test_what_cannot_be_compared_says_why():
    two = pooled([RunScores(name, 1, scores([0.8, 0.7, 0.9])) for name in ("unet", "vnet")])
    found = compare_settings(two, settings=["unet", "vnet"]).set_index("test")
    assert found.loc["friedman", "note"] == "not computed: fewer than three settings"
    assert found.loc["wilcoxon", "note"] == "not computed: fewer than two patients or none that differs"


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


def test_equal_settings_share_the_first_place():
    table = pooled([RunScores(name, 1, scores([0.8, 0.7, 0.9])) for name in SETTINGS])
    ranking = rank_settings(table, settings=SETTINGS, groups=["control"], resamples=50, confidence=0.9, seed=1)
    assert ranking["first"].tolist() == pytest.approx([1 / 3] * 6)
    assert ranking["rank"].tolist() == [1] * 6


def test_distances_rank_from_below():
    table = pooled([RunScores(name, 1, scores(v, metric="hd95_mm")) for name, v in (("a", [2, 3]), ("b", [5, 9]))])
    ranking = rank_settings(table, settings=["a", "b"], groups=[], resamples=50, confidence=0.9, seed=1)
    assert ranking.set_index("setting")["rank"].to_dict() == {"a": 1, "b": 2}


def test_the_best_for_the_worst_group_is_found(table):
    ranking = rank_settings(
        table, settings=SETTINGS, groups=["control", "severe"], resamples=50, confidence=0.95, seed=1
    )
    setting, group, mean = best_for_the_worst_group(ranking, structure="cortex")
    wide = table.groupby(["setting", "group"])["value"].mean().unstack()
    assert setting == wide.min(axis=1).idxmax()
    assert (group, mean) == (wide.loc[setting].idxmin(), pytest.approx(wide.loc[setting].min()))


def test_a_group_without_patients_ranks_nobody(table):
    ranking = rank_settings(table, settings=SETTINGS, groups=["mild"], resamples=20, confidence=0.95, seed=1)
    empty = ranking[ranking["group"] == "mild"]
    assert empty["n"].tolist() == [0, 0, 0]
    assert empty["mean"].isna().all()
