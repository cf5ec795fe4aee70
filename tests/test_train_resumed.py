"""Trainings that are killed, and go on."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml

from kseg.runs.status import observed_state, read_status

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


def start(command, run):
    """Start a training, and wait until it has something to go on from."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT
    )
    deadline = time.monotonic() + 300
    while not (run / "checkpoints" / "last.ckpt").is_file():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return process


def test_a_training_killed_outright_goes_on_from_its_last_checkpoint(run_script, command, wandb_records, tmp_path):
    run = tmp_path / "run"
    process = start(command(tmp_path, "trainer.max_time=null", "trainer.max_steps=200", f"run_dir={run}"), run)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    killed = read_status(run / "status.json")
    assert observed_state(killed) == "interrupted"

    done = run_script("train.py", f"run_dir={run}")
    assert done.returncode == 0, done.stdout + done.stderr
    status = read_status(run / "status.json")
    assert status.state == "finished"
    assert [attempt["ended"] for attempt in status.earlier] == ["interrupted"]
    assert status.tracking_id == killed.tracking_id
    first, second = wandb_records(tmp_path, status.tracking_id)
    assert "exit" not in {record["type"] for record in first}
    assert second[-1]["type"] == "exit"
    assert first_step(second) > 0  # it went on, it did not begin again


def test_a_training_whose_worker_is_killed_says_so_and_goes_on_when_started_again(run_script, command, tmp_path):
    run = tmp_path / "run"
    bounds = ("trainer.max_time=null", "trainer.max_steps=80", "trainer.val_check_interval=1000", "patches.workers=2")
    process = start(command(tmp_path, *bounds, "logger=none", f"run_dir={run}"), run)
    trainer = psutil.Process(process.pid)
    workers = [child for child in trainer.children() if child.cmdline() == trainer.cmdline()]
    assert len(workers) == 2
    workers[0].kill()
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "a process that cuts patches was killed" in told
    assert "Traceback" not in told
    assert read_status(run / "status.json").state == "failed"

    done = run_script("train.py", f"run_dir={run}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Trained for 80 steps" in done.stdout


def first_step(records):
    """The training step of the first line of history."""
    for record in records:
        if "trainer/global_step" in (line := record.get("history", {}).get("item", {})):
            return line["trainer/global_step"]
    raise AssertionError("no step was logged")


def test_settings_left_to_the_training_cases_are_settled_once_and_kept(run, run_script, command, tmp_path):
    left_open = ("prepare=fingerprint", "prepare.spacing_mm=fingerprint.spacing_mm")
    bounds = ("trainer=quick", "trainer.max_steps=4", "logger=none", f"run_dir={tmp_path}/run")
    done = run(command(tmp_path, *left_open, *bounds))
    assert done.returncode == 0, done.stdout + done.stderr
    settled = (tmp_path / "run" / "config.yaml").read_bytes()
    prepare = yaml.safe_load(settled)["prepare"]
    assert prepare["spacing_mm"] == [2.0, 2.0, 2.0]  # the boxes' own
    # medulla 110 +- 15 and cortex 200 +- 15 HU: 75 to 240, a quarter of it beyond, and down to fat
    assert prepare["window_hu"] == [-120, pytest.approx(281, abs=10)]

    (tmp_path / "run" / "status.json").unlink()  # as if it had been interrupted
    done = run_script("train.py", f"run_dir={tmp_path}/run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "run" / "config.yaml").read_bytes() == settled
    assert "suggest" not in done.stdout
