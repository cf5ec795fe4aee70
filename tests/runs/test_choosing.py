import os
import subprocess
import sys
from pathlib import Path

import pytest

from kseg.errors import InputError
from kseg.runs.choosing import is_one, runs_in
from kseg.runs.config import read_config
from kseg.runs.folder import RunFolder
from kseg.runs.opening import refuse_folder_of_runs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sweep(tmp_path):
    for name in ("model-a,seed-1", "model-a,seed-2", "no-run"):
        (tmp_path / "sweep" / name).mkdir(parents=True)
    for name in ("model-a,seed-1", "model-a,seed-2"):
        (tmp_path / "sweep" / name / "config.yaml").write_text("seed: 1\n")
        (tmp_path / "sweep" / name / "status.json").write_text("{}")
    (tmp_path / "sweep" / "multirun.yaml").write_text("")
    return tmp_path / "sweep"


def test_a_folder_is_one_run_and_a_pattern_or_a_list_are_several():
    assert is_one("runs/a")
    assert not is_one("sweeps/x/*")
    assert not is_one(["runs/a"])


def test_a_pattern_finds_the_runs_and_nothing_else(sweep):
    assert [run.path.name for run in runs_in(f"{sweep}/*")] == ["model-a,seed-1", "model-a,seed-2"]


def test_a_list_keeps_its_order_and_names_no_run_twice(sweep):
    chosen = runs_in([f"{sweep}/model-a,seed-2", f"{sweep}/*"])
    assert [run.path.name for run in chosen] == ["model-a,seed-2", "model-a,seed-1"]


def test_what_is_no_run_is_told(sweep):
    with pytest.raises(InputError) as told:
        runs_in([f"{sweep}/no-run", f"{sweep}/x*"])
    assert told.value.problems == (f"{sweep}/no-run: is no run, and holds none", f"{sweep}/x*: finds no run")


@pytest.fixture
def older_last(sweep):
    os.utime(sweep / "model-a,seed-2" / "status.json", (0, 0))
    return sweep


@pytest.mark.parametrize(
    "ask",
    [
        lambda folder: runs_in(str(folder)),
        lambda folder: read_config(folder / "config.yaml"),
        lambda folder: refuse_folder_of_runs(RunFolder(folder)),
    ],
)
def test_of_a_folder_that_holds_runs_the_newest_is_named(older_last, ask):
    with pytest.raises(InputError, match=f"is no run, but holds 2, the newest: {older_last}/model-a,seed-1"):
        ask(older_last)
    with pytest.raises(InputError, match=f"is no run, but holds 2, the newest: {older_last}/model-a,seed-1"):
        ask(older_last.parent)


def test_a_run_begins_in_a_new_folder_and_goes_on_in_its_own(sweep, tmp_path):
    refuse_folder_of_runs(RunFolder(tmp_path / "new"))
    refuse_folder_of_runs(RunFolder(sweep / "model-a,seed-1"))
    refuse_folder_of_runs(RunFolder(sweep / "no-run"))


def test_a_training_is_not_begun_among_runs_and_leaves_nothing_there(sweep):
    before = sorted(path.name for path in sweep.iterdir())
    typed = [sys.executable, "train.py", f"run_dir={sweep}", "logger=none", f"paths.root={sweep.parent}", "data=folder"]
    done = subprocess.run(
        [*typed, f"data.root={sweep.parent}/nowhere"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"kseg: run_dir={sweep} is no run, but holds 2, the newest: {sweep}/model-a,seed-")
    assert sorted(path.name for path in sweep.iterdir()) == before
