"""The folds of one setting, as `evaluate.py` puts them together."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kseg.errors import InputError

pytestmark = pytest.mark.slow

DICE = 0.9 + np.random.default_rng(5).normal(0, 0.02, 16) - 0.02 * (np.arange(16) % 4)
TABLES = {"metrics.csv", "volumes.csv", "groups.csv", "tests.csv", "cohort.csv", "runs.csv"}


def write_folds(finished_run, root, *, seed=1, repeat=0, gain=0.0, model=None):
    for fold in (0, 1):
        patients = list(range(fold * 8, fold * 8 + 8))
        overrides = [f"split.fold={fold}", f"seed={seed}", f"split.repeat={repeat}"]
        finished_run(
            *(root / f"{model}-{seed}-{repeat}-{fold}", DICE[patients] + gain),
            patients=patients,
            overrides=[*overrides, *([f"model={model}"] if model else [])],
            seed=seed,
            split={"seed": 1, "folds": 2, "fold": fold, "repeat": repeat},
            chosen=0.8 + fold / 10,
        )


@pytest.fixture(scope="module")
def whole(finished_run, compare, tmp_path_factory):
    root = tmp_path_factory.mktemp("folds")
    write_folds(finished_run, root)
    told = compare(root / "*", output=root / "out")
    return root / "out", told


def test_folds_are_one_row_and_no_seeds(whole):
    out, told = whole
    (row,) = pd.read_csv(out / "runs.csv").to_dict("records")
    assert (row["folds"], row["n"]) == (2, 16)
    assert row["parenchyma"] == pytest.approx(DICE.mean())
    assert row["val"] == pytest.approx(0.85)
    assert "a row of 2 folds tested every patient once" in told
    assert "seeds" not in told


def test_every_patient_is_tested_once_and_the_groups_are_compared_over_all(whole):
    out, told = whole
    groups = pd.read_csv(out / "groups.csv").query("structure == 'parenchyma' and metric == 'dice'").set_index("group")
    assert groups.loc["all", "n"] == 16
    assert groups.loc["severe", "mean"] == pytest.approx(DICE[3::4].mean())
    tests = pd.read_csv(out / "tests.csv").query("structure == 'parenchyma' and metric == 'dice'").set_index("test")
    by_group = [DICE[group::4] for group in range(4)]
    assert tests.loc["kruskal", "statistic"] == pytest.approx(stats.kruskal(*by_group).statistic)
    assert tests.loc["welch_anova", "p"] == pytest.approx(stats.f_oneway(*by_group, equal_var=False).pvalue)
    assert "Welch's ANOVA" in told


def test_the_folds_leave_what_a_run_leaves(whole):
    out, _ = whole
    assert {file.name for file in out.iterdir()} == {*TABLES, "report.html", "tables.tex", "predictions"}
    assert len(list((out / "predictions").iterdir())) == 16
    cohort = pd.read_csv(out / "cohort.csv")
    assert cohort["case_id"].tolist() == [f"C{n:02}" for n in range(16)]
    assert "2 folds put together" in (out / "report.html").read_text()


def test_repeats_and_seeds_are_averaged_before_groups_are_compared(finished_run, compare, tmp_path):
    write_folds(finished_run, tmp_path)
    write_folds(finished_run, tmp_path, repeat=1, gain=-0.02)
    write_folds(finished_run, tmp_path, seed=2, gain=-0.04)
    compare(tmp_path / "*", output=tmp_path / "out")
    assert len(pd.read_csv(tmp_path / "out" / "runs.csv")) == 3
    metrics = pd.read_csv(tmp_path / "out" / "metrics.csv").query("structure == 'parenchyma'")
    dice = metrics[metrics["metric"] == "dice"].set_index("case_id")["value"]
    assert dice.to_dict() == pytest.approx({f"C{n:02}": DICE[n] - 0.02 for n in range(16)})
    assert "2 folds put together, mean of 3 trainings" in (tmp_path / "out" / "report.html").read_text()


def test_settings_with_folds_are_compared_over_all_patients(finished_run, compare, tmp_path):
    write_folds(finished_run, tmp_path, model="unet")
    write_folds(finished_run, tmp_path, model="vnet", gain=-0.1)
    compare(tmp_path / "*", output=tmp_path / "out")
    ranking = pd.read_csv(tmp_path / "out" / "ranking.csv").query("group == 'all' and metric == 'dice'")
    assert set(ranking["n"]) == {16}
    assert set(ranking["seeds"]) == {1}
    assert ranking["sd_seeds"].isna().all()


def test_without_a_place_the_groups_are_told_and_nothing_is_written(finished_run, compare, tmp_path):
    write_folds(finished_run, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    told = compare(tmp_path / "*")
    assert "Dice by group" in told
    assert "The report" not in told
    assert sorted(tmp_path.rglob("*")) == before


def test_a_fold_given_twice_is_refused(finished_run, compare, tmp_path):
    write_folds(finished_run, tmp_path / "a")
    write_folds(finished_run, tmp_path / "b")
    with pytest.raises(InputError, match="twice; give each fold once"):
        compare(tmp_path / "a" / "*", tmp_path / "b" / "*")
