"""Several runs, as `evaluate.py` compares them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kseg.errors import InputError

pytestmark = pytest.mark.slow

ALL_OF_THEM = range(16)
RANDOM = np.random.default_rng(3)
SCORES = {
    ("unet", 1): 0.90 + RANDOM.normal(0, 0.01, 16),
    ("unet", 2): 0.92 + RANDOM.normal(0, 0.01, 16),
    ("vnet", 1): 0.80 + RANDOM.normal(0, 0.01, 16),
    ("vnet", 2): 0.82 + RANDOM.normal(0, 0.01, 16),
    ("unetr", 1): np.r_[0.0, 0.70 + RANDOM.normal(0, 0.01, 15)],
    ("unetr", 2): 0.70 + RANDOM.normal(0, 0.01, 16),
}


@pytest.fixture(scope="module")
def compared(finished_run, compare, tmp_path_factory):
    """Three networks by two seeds, and one that failed; unetr with seed 1 misses the first patient."""
    root = tmp_path_factory.mktemp("six")
    for (model, seed), dice in SCORES.items():
        overrides = ("data=folder", f"model={model}", f"seed={seed}")
        finished_run(root / f"{model}{seed}", dice, patients=ALL_OF_THEM, overrides=overrides, seed=seed)
    failed = {"overrides": ("data=folder", "model=vnet", "seed=3"), "seed": 3, "state": "failed"}
    finished_run(root / "vnet3", 0.1, patients=ALL_OF_THEM, **failed)
    told = compare(root / "*", output=root / "out")
    return root / "out", told


def test_what_is_written_is_the_table_of_runs_the_ranking_the_tests_and_a_page(compared):
    out, told = compared
    assert sorted(file.name for file in out.iterdir()) == ["comparison.html", "ranking.csv", "runs.csv", "tests.csv"]
    assert "left out, failed: model=vnet, seed=3" in told
    assert "Ranked on test patients: a description; settings are chosen on val." in told
    assert len(pd.read_csv(out / "runs.csv")) == 6


def test_the_ranking_is_of_means_over_seeds_with_their_spread(compared):
    ranking = pd.read_csv(compared[0] / "ranking.csv").query("structure == 'parenchyma' and group == 'all'")
    dice = ranking[ranking["metric"] == "dice"].set_index("setting")
    assert dice["rank"].to_dict() == {"model=unet": 1, "model=vnet": 2, "model=unetr": 3}
    means = [SCORES["unet", seed].mean() for seed in (1, 2)]
    assert dice.loc["model=unet", "mean"] == pytest.approx(np.mean(means))
    assert dice.loc["model=unet", "sd_seeds"] == pytest.approx(np.std(means, ddof=1))
    assert set(dice["seeds"]) == {2}


def test_a_missed_kidney_counts_in_the_ranking_of_distances_and_errors_by_their_size(compared):
    ranking = pd.read_csv(compared[0] / "ranking.csv").query("structure == 'parenchyma' and group == 'all'")
    hd95 = ranking[ranking["metric"] == "hd95_mm"].set_index("setting")
    assert hd95["n"].tolist() == [16] * 3
    assert hd95["n_missing"].to_dict() == {"model=unet": 0, "model=vnet": 0, "model=unetr": 1}
    assert "1 without a distance in some setting" in hd95["note"].iloc[0]
    assert set(ranking["metric"]) == {"dice", "hd95_mm", "absolute_volume_error_ml"}
    assert set(ranking[ranking["metric"] == "absolute_volume_error_ml"]["mean"]) == {5.0}


def test_the_tests_equal_scipy_on_the_means_over_seeds(compared):
    tests = pd.read_csv(compared[0] / "tests.csv").query("structure == 'parenchyma' and metric == 'dice'")
    means = {model: (SCORES[model, 1] + SCORES[model, 2]) / 2 for model in ("unet", "vnet", "unetr")}
    friedman = tests[tests["test"] == "friedman"].iloc[0]
    assert friedman["statistic"] == pytest.approx(stats.friedmanchisquare(*means.values()).statistic)
    pair = (
        tests.set_index("contrast").filter(regex="^model=vnet - model=unet$|^model=unet - model=vnet$", axis=0).iloc[0]
    )
    assert pair["p"] == pytest.approx(stats.wilcoxon(means["unet"], means["vnet"]).pvalue)


def test_runs_that_cannot_be_paired_are_refused_after_their_table_is_told_and_written(
    finished_run, run_script, tmp_path
):
    for model, patients in (("unet", range(4)), ("vnet", range(1, 5))):
        finished_run(tmp_path / model, 0.8, patients=patients, overrides=(f"model={model}",))
    done = run_script("evaluate.py", f"run={tmp_path}/*net", f"output={tmp_path}/out")
    assert done.returncode == 1
    assert "kseg: P00: tested by model=unet, seed 1, not by model=vnet, seed 1" in done.stderr
    assert "Dice of the test patients" in done.stdout
    assert len(pd.read_csv(tmp_path / "out" / "runs.csv")) == 2


def test_a_comparison_never_goes_into_a_run(finished_run, compare, tmp_path):
    for model in ("unet", "vnet"):
        finished_run(tmp_path / model, 0.8, patients=range(4), overrides=(f"model={model}",))
    with pytest.raises(InputError, match="is a run with tables of its own"):
        compare(tmp_path / "*net", output=tmp_path / "unet")
