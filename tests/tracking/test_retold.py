import json
import logging
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kseg.clinical.cohort import cohort_digest, write_cohort
from kseg.runs.config import write_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import Status, write_status
from kseg.tracking.retold import _told_apart, in_common, tell_comparison, tell_evaluation

ROOT = Path(__file__).parents[2]


def test_runs_that_are_named_by_their_places_are_numbered_and_others_keep_their_names():
    names = ["run_dir=/data/LiWei/one", "run_dir=/data/LiWei/one2", "model=unet, seed=1"]
    settings = [*names[:2], "model=unet"]
    runs = pd.DataFrame({"run": names, "setting": settings, "val": [0.9, 0.8, 0.7]})
    tests = pd.DataFrame({"contrast": [f"{names[1]} - {names[0]}", "model=unet - model=vnet"], "p": [0.1, 0.2]})
    told = _told_apart({"runs": runs, "tests": tests})
    assert told["runs"]["run"].tolist() == ["run 1", "run 2", "model=unet, seed=1"]
    assert told["runs"]["setting"].tolist() == ["run 1", "run 2", "model=unet"]
    assert told["tests"]["contrast"].tolist() == ["run 2 - run 1", "model=unet - model=vnet"]
    assert told["tests"]["p"].tolist() == [0.1, 0.2]


def config_of(tmp_path, fold, learning_rate):
    logger = {"project": "kseg", "group": "lr", "tags": ["unet_tiny", f"rate-{learning_rate}"], "mode": "offline"}
    return {
        "seed": 1,
        "overrides": [f"model.lr={learning_rate}"],
        "data": {"root": str(tmp_path / "clinic")},
        "split": {"fold": fold},
        "model": {"lr": learning_rate, "depth": 3},
        "logger": {**logger, "folder": str(tmp_path)},
        "paths": {"tracking": str(tmp_path)},
    }


@pytest.fixture
def trained(tmp_path, cohort):
    """A finished run's folder, by its fold and its learning rate."""
    (tmp_path / "clinic").mkdir()

    def trained(name, fold, learning_rate):
        run = RunFolder(tmp_path / "runs" / name)
        run.path.mkdir(parents=True)
        write_config(run.config, config_of(tmp_path, fold, learning_rate))
        write_cohort(run.cohort, cohort)
        write_status(run.status, Status("finished", 1, "host", 0.0, 0.0, versions={"torch": "2"}, git_commit="c" * 40))
        return run

    return trained


def records(tmp_path):
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(file)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def started(tmp_path):
    (run,) = [record["run"] for record in records(tmp_path) if record["type"] == "run"]
    return run, run["config"]["update"]


def test_an_evaluation_has_the_training_s_commit_the_cohort_s_digest_and_the_fold(trained, tmp_path, cohort):
    (tmp_path / "wandb").mkdir()
    run = trained("one", 2, 0.1)
    tell_evaluation(run, config_of(tmp_path, 2, 0.1), {})
    told, config = started(tmp_path)
    assert (config["git_commit"], config["versions"]) == ("c" * 40, {"torch": "2"})
    assert config["cohort_digest"] == cohort_digest(cohort)
    assert set(told["tags"]) == {"unet_tiny", "rate-0.1", "fold-2"}


def test_a_comparison_has_what_its_runs_share(trained, tmp_path, cohort):
    (tmp_path / "wandb").mkdir()
    runs = [trained("one", 2, 0.1), trained("other", 2, 0.2)]
    tell_comparison(runs, {"runs": pd.DataFrame({"run": ["one", "other"], "setting": ["one", "other"]})}, left_out=0)
    told, config = started(tmp_path)
    assert config["model"] == {"depth": 3}
    assert (config["git_commit"], config["cohort_digest"]) == ("c" * 40, cohort_digest(pd.concat([cohort])))
    assert set(told["tags"]) == {"unet_tiny", "fold-2"}


def test_what_dicts_share_is_what_all_say_alike():
    one = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2], "f": True, "g": None}
    other = {"a": 1, "b": {"c": 2, "d": 4}, "e": [1, 3], "f": 1, "h": None}
    assert in_common([one, other]) == {"a": 1, "b": {"c": 2}}


def test_where_the_training_s_folder_of_w_and_b_is_not_here_none_is_made_and_that_is_said(trained, tmp_path, caplog):
    run, config = trained("one", 0, 0.1), config_of(tmp_path, 0, 0.1)
    elsewhere = tmp_path / "another-machine"
    with caplog.at_level(logging.WARNING):
        tell_evaluation(run, {**config, "logger": {**config["logger"], "folder": str(elsewhere)}}, {})
    assert not elsewhere.exists()
    (line,) = [record.getMessage() for record in caplog.records]
    assert f"{elsewhere}/wandb is not here" in line


@pytest.mark.slow
@pytest.mark.parametrize("logger", ["none", "wandb"])
def test_a_finished_run_is_tested_again_without_the_network_wing(tmp_path, logger):
    plain = ["report=none", f"logger={logger}", f"paths.root={tmp_path}", f"run_dir={tmp_path}/run", "name=again"]
    show = [sys.executable, "train.py", *plain, "--cfg", "job", "--resolve"]
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.config.write_text(subprocess.run(show, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    groups, known = ("control", "severe"), {"sex": "F", "age": 60.0, "creatinine_umol_l": 90.0, "egfr": 61.0}
    cases = [(f"{group}{place}", group, place) for group in groups for place in range(4)]
    files = {"split": "test", "image": "/ct.nii", "parenchyma": "/p.nii", "cortex": "/c.nii"}
    rows = [{"case_id": case, "patient_id": case, **known, "group": group, **files} for case, group, _ in cases]
    write_cohort(run.cohort, pd.DataFrame(rows))
    scores = [f"{case},{group},both,cortex,dice,{0.9 + place / 100}" for case, group, place in cases]
    run.metrics.write_text("\n".join(["case_id,group,side,structure,metric,value", *scores]))
    command = [sys.executable, "-X", "importtime", "evaluate.py", f"run={run.path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "scipy" in imported
    assert not imported & {"torch", "lightning", "monai", "torchio", "wandb"}
    assert run.tests.is_file()
