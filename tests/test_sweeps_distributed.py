"""Sweeps whose jobs are trained by two processes each, and searches: one folder a job, the same values everywhere."""

import json
import re

import pandas as pd
import pytest
import yaml

from kseg.runs.status import read_status

pytestmark = pytest.mark.slow

SHORT = ("trainer=quick", "trainer.max_steps=3")
TWO_SEEDS = ("-m", "seed=1,2")
DISTRIBUTED = ("trainer=ddp_cpu", "trainer.max_time=null", "trainer.max_steps=4", "trainer.val_check_interval=4")


@pytest.mark.parametrize(
    "launcher", [pytest.param(name, marks=pytest.mark.soak) for name in ("basic", "joblib", "submitit_local")]
)
def test_distributed_jobs_stay_one_run_each_with_the_same_values_on_both_ranks(
    sweep, run, states, wandb_records, tmp_path, launcher
):
    extra = {"joblib": ("hydra.launcher.n_jobs=2",), "submitit_local": ("hydra.launcher.timeout_min=10",)}
    done = run(sweep(*TWO_SEEDS, *DISTRIBUTED, f"hydra/launcher={launcher}", *extra.get(launcher, ())))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(states().values()) == ["finished", "finished"]
    for number, name in enumerate(sorted(states()), start=1):
        _check_distributed(tmp_path / "sweep" / name, seed=number)
    assert len(list(tmp_path.glob("wandb/offline-run-*"))) == 2


def _check_distributed(folder, **expected):
    logs = [folder / "train.log", folder / "train_ddp_process_1.log"]
    (first,), (second,) = [re.findall(r"Trains with (\{.*\})", log.read_text()) for log in logs]
    assert first == second
    config = json.loads(first)
    assert {key: config[key] for key in expected} == expected
    cases = pd.read_csv(folder / "cohort.csv").query("split == 'test'")["case_id"]
    assert sorted(path.name for path in (folder / "predictions").iterdir()) == sorted(f"{c}.nii.gz" for c in cases)
    outlined = [re.findall(r"Outlined (\S+)", log.read_text()) for log in logs]
    assert [sorted(by_rank) for by_rank in outlined] == [sorted(cases), []]


@pytest.mark.soak
def test_a_search_of_distributed_jobs_sees_the_same_values_on_both_ranks(sweep, run, states, tmp_path):
    search = ("hparams_search=optuna", "hydra.sweeper.n_trials=2", "name=search")
    done = run(sweep(*search, *DISTRIBUTED, "logger=none"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(states().values()) == ["finished", "finished"]
    rates = set()
    for name in states():
        folder = tmp_path / "sweep" / name
        rate = yaml.safe_load((folder / "config.yaml").read_text())["model"]["optimizer"]["lr"]
        rates.add(rate)
        _check_distributed(folder)
        assert json.loads(re.findall(r"Trains with (\{.*\})", (folder / "train.log").read_text())[0])["model"][
            "optimizer"
        ]["lr"] == pytest.approx(rate)
    assert len(rates) == 2
    found = yaml.safe_load((tmp_path / "sweep" / "optimization_results.yaml").read_text())
    best = max(read_status(tmp_path / "sweep" / name / "status.json").chosen["val/dice/mean"] for name in states())
    assert found["best_value"] == pytest.approx(best)


SEARCH = """# @package _global_
defaults:
  - override /hydra/sweeper: optuna
  - override /hydra/sweeper/sampler: tpe

hydra:
  mode: MULTIRUN
  sweeper:
    study_name: search
    storage: sqlite:///${sweep_dir}/study.db
    direction: maximize
    n_trials: 3
    n_jobs: 1
    max_failure_rate: 1.0
    sampler: {seed: 1}
    params: {patches.batch_size: "choice(2, 9)"}
"""
"""A search of the user's own; an epoch has eight patches, so that one step cannot take nine."""


@pytest.mark.soak
def test_a_search_outlives_a_failed_run_and_goes_on_with_its_study(sweep, run, states, tmp_path):
    (tmp_path / "mine" / "hparams_search").mkdir(parents=True)
    (tmp_path / "mine" / "hparams_search" / "mine.yaml").write_text(SEARCH)
    search = sweep("--config-dir", str(tmp_path / "mine"), "hparams_search=mine", *SHORT, "logger=none")
    done = run(search)
    assert done.returncode == 1, done.stdout + done.stderr
    assert sorted(states().values()) == ["failed", "finished"], done.stdout + done.stderr
    found = yaml.safe_load((tmp_path / "sweep" / "optimization_results.yaml").read_text())
    assert found["best_params"] == {"patches.batch_size": 2}

    done = run(search)  # nothing is left to try
    assert done.returncode == 0, done.stdout + done.stderr
    assert "goes on" not in done.stdout
