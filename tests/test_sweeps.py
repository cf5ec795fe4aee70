"""Sweeps as a user starts them: real trainings of seconds, in processes of their own."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from kseg.runs.status import read_status

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow

SHORT = ("trainer=quick", "trainer.max_steps=3")
TWO_SEEDS = ("-m", "seed=1,2")


@pytest.fixture
def start(tmp_path):
    """Start a command; what it tells goes to a file, which is never full."""

    def start(command):
        with (tmp_path / "told.txt").open("w") as told:
            return subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, start_new_session=True, cwd=ROOT)

    return start


def wait_until(true, process, within_s=240):
    deadline = time.monotonic() + within_s
    while not true():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def kill_tree(process):
    tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for one in tree:
        one.kill()
    psutil.wait_procs(tree, timeout=10)
    process.wait()


@pytest.mark.soak
def test_three_networks_by_two_seeds_are_six_runs_of_one_group_and_one_table(
    run_script, clinic_of_boxes, tmp_path, wandb_records, states
):
    networks = ("unet_tiny", "unetr_tiny", "segresnet_tiny")
    done = run_script(
        "train.py",
        *("-m", f"model={','.join(networks)}", "seed=1,2", "trainer=quick", "trainer.max_steps=2", "name=first"),
        *("patches.patch_size=[32,32,16]", "patches.batch_size=2", "prepare.spacing_mm=[2,2,2]", "patches.workers=0"),
        *("data=folder", f"data.root={clinic_of_boxes}", f"paths.root={tmp_path}", f"sweep_dir={tmp_path}/sweep"),
        *("split=counts", "split.counts.val=1", "split.counts.test=2"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(states().values()) == ["finished"] * 6
    assert not any("=" in name for name in states())
    for name in states():
        folder = tmp_path / "sweep" / name
        assert (folder / "report.html").is_file()
        assert (folder / "checkpoints" / "best.ckpt").is_file()
    started = [
        next(record["run"] for record in wandb_records(tmp_path, status.tracking_id)[0] if "run" in record)
        for status in (read_status(tmp_path / "sweep" / name / "status.json") for name in states())
    ]
    assert {run["run_group"] for run in started} == {"first"}
    assert len({run["display_name"] for run in started}) == 6
    assert all(any(f"model={network}" in run["display_name"] for network in networks) for run in started)

    compared = run_script("evaluate.py", f"run={tmp_path}/sweep/*", f"output={tmp_path}/compared")
    assert compared.returncode == 0, compared.stdout + compared.stderr
    table = pd.read_csv(tmp_path / "compared" / "runs.csv")
    assert sorted(table["setting"].unique()) == sorted(f"model={network}" for network in networks)
    assert table["val"].is_monotonic_decreasing
    for row in table.to_dict("records"):
        (folder,) = (tmp_path / "sweep").glob("*" + row["run"].replace("=", "-").replace(", ", "*") + "*")
        scores = pd.read_csv(folder / "metrics.csv").query("metric == 'dice' and structure == 'cortex'")
        assert row["cortex"] == pytest.approx(scores["value"].mean())
        assert row["cortex_worst"] == pytest.approx(scores.groupby("group")["value"].mean().min())
    assert "Mean ± SD over n seeds" in compared.stdout


@pytest.mark.soak
def test_a_killed_sweep_leaves_finished_runs_alone_and_goes_on_with_the_killed_one(sweep, run, start, states, tmp_path):
    overrides = ("-m", "seed=1,2,3", "trainer.max_time=null", "trainer.max_steps=60", "logger=none")
    process = start(sweep(*overrides))
    folder = tmp_path / "sweep"
    wait_until(lambda: list(folder.glob("*seed-3*/checkpoints/last.ckpt")), process)
    kill_tree(process)
    (first, second, third) = sorted(states())
    assert states() == {first: "finished", second: "finished", third: "interrupted"}
    written = {path: path.stat().st_mtime_ns for name in (first, second) for path in (folder / name).rglob("*.*")}

    done = run(sweep(*overrides))
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(states().values()) == {"finished"}
    assert "Goes on after step" in (folder / third / "train.log").read_text()
    assert {path: path.stat().st_mtime_ns for path in written if path.name != "train.log"} == {
        path: when for path, when in written.items() if path.name != "train.log"
    }
    assert "3 of 3 runs are finished" in done.stdout


def test_a_failed_job_leaves_the_others_alone_and_is_told_at_the_end(sweep, run, states, wandb_records, tmp_path):
    sizes = "patches.patch_size=[16,16,16],[18,16,16]"  # the network halves what it sees: 9 voxels do not halve again
    done = run(sweep("-m", sizes, *SHORT, "model.network.channels=[4,8,8]", "model.network.strides=[2,2]"))
    assert done.returncode == 1
    assert sorted(states().values()) == ["failed", "finished"]
    assert "1 of 2 runs are finished" in done.stdout
    (broken,) = [name for name, state in states().items() if state == "failed"]
    status = read_status(tmp_path / "sweep" / broken / "status.json")
    assert status.error
    assert status.error.split(";")[0][:40] in done.stdout.replace("\n", " ")
    assert f"{broken}/train.log" in done.stdout
    (records,) = wandb_records(tmp_path, status.tracking_id)
    assert records[-1]["exit"]["exit_code"] == 1


def test_ctrl_c_ends_a_sweep_within_seconds_and_tells_every_state(sweep, start, states, tmp_path):
    overrides = (*TWO_SEEDS, "trainer.max_time=null", "trainer.max_steps=100000", "logger=none", "patches.workers=2")
    process = start(sweep(*overrides))
    wait_until(lambda: list((tmp_path / "sweep").glob("*/checkpoints/last.ckpt")), process)
    asked = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of its processes
    process.wait(timeout=60)
    told = (tmp_path / "told.txt").read_text()
    assert time.monotonic() - asked < 25
    assert process.returncode == 130
    assert "Traceback" not in told
    (only,) = states()
    status = read_status(tmp_path / "sweep" / only / "status.json")
    assert (status.state, status.error, status.asked) == ("failed", "asked to end (Ctrl-C)", True)
    assert "0 of 1 runs are finished" in told
    assert not (tmp_path / "sweep" / ".jobs").exists()


@pytest.mark.soak
def test_ctrl_c_ends_jobs_beside_one_another_each_saved(sweep, start, states, tmp_path):
    overrides = ("-m", "seed=1,2,3", "trainer.max_time=null", "trainer.max_steps=100000", "logger=none")
    process = start(sweep(*overrides, "hydra.launcher.n_jobs=2"))
    wait_until(lambda: len(list((tmp_path / "sweep").glob("*/checkpoints/last.ckpt"))) == 2, process)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=90)
    told = (tmp_path / "told.txt").read_text()
    assert process.returncode != 0
    assert len(states()) == 2
    for name in states():
        status = read_status(tmp_path / "sweep" / name / "status.json")
        assert (status.state, status.asked) == ("failed", True), told
    assert "0 of 2 runs are finished" in told


@pytest.mark.soak
def test_a_run_with_other_values_is_not_taken_for_finished(sweep, run, states, tmp_path):
    done = run(sweep("-m", "seed=1", *SHORT, "logger=none"))
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "sweep" / next(iter(states()))
    written = (folder / "status.json").read_bytes()
    done = run(sweep("-m", "seed=1", *SHORT, "logger=none", f"data.root={tmp_path}/elsewhere"))
    assert done.returncode == 1
    assert "the run that stands there has other values: data.root=" in done.stdout.replace("\n", " ")
    assert "refused" in done.stdout
    assert (folder / "status.json").read_bytes() == written


@pytest.mark.soak
def test_an_experiment_that_sweeps_needs_no_flag(sweep, run, states, tmp_path):
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "two.yaml").write_text(
        "# @package _global_\nname: two\nhydra: {mode: MULTIRUN, sweeper: {params: {seed: '1,2'}}}\n"
    )
    done = run(sweep("--config-dir", str(tmp_path / "mine"), "experiment=two", *SHORT, "logger=none"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(states().values()) == ["finished", "finished"]


def test_a_sweep_refuses_a_place_for_a_single_run(sweep, run, tmp_path):
    done = run(sweep(*TWO_SEEDS, f"run_dir={tmp_path}/run"))
    assert done.returncode == 1
    assert "run_dir places a single run" in done.stderr
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.soak
def test_jobs_are_spread_over_gpus_one_each(sweep, run, states, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7,9")  # none is here: torch trains on the CPU, the rest is as with them
    begun = run(sweep("-m", "seed=1,2,3", *SHORT, "logger=none"))
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert list(states().values()) == ["finished"] * 3
    taken = [
        re.findall(r"on GPU (\d)", (tmp_path / "sweep" / name / "train.log").read_text()) for name in sorted(states())
    ]
    assert sorted(gpu for (gpu,) in taken[:2]) == ["7", "9"]
    assert taken[2][0] in ("7", "9")
    first, second = [read_status(tmp_path / "sweep" / name / "status.json") for name in sorted(states())[:2]]
    assert max(first.started, second.started) < min(first.heartbeat, second.heartbeat)  # beside one another
