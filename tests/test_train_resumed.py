"""Trainings that are killed, and go on."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import torch
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


@pytest.mark.soak
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


@pytest.mark.soak
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
    """The training step of the first line of history that a step left."""
    for record in records:
        line = record.get("history", {}).get("item", {})
        if "trainer/global_step" in line and "attempt" not in line:
            return line["trainer/global_step"]
    raise AssertionError("no step was logged")


@pytest.mark.soak
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


ASKED_AT_STEP = """
import os
import signal
from pathlib import Path

from lightning import Callback

ASKED = Path(__file__).with_suffix(".once")


class AtStep(Callback):
    def __init__(self, step, number):
        self.step, self.number = step, number

    def on_train_batch_end(self, trainer, *args):
        if trainer.global_step == self.step and not ASKED.exists():
            ASKED.touch()
            os.kill(os.getpid(), getattr(signal, self.number))
"""
"""A callback of the user's own, by which a test asks a training to end at a certain step."""

IN_STEPS = ("trainer.max_time=null", "trainer.max_steps=22", "trainer.val_check_interval=9", "logger=none")


@pytest.mark.parametrize(
    ("number", "further"),
    [
        ("SIGINT", ("+model.network.dropout=0.3",)),
        pytest.param("SIGTERM", ("callbacks=ema", "patches.workers=1"), marks=pytest.mark.soak),
        pytest.param("SIGUSR2", ("trainer.accumulate_grad_batches=2", "model/optimizer=sgd"), marks=pytest.mark.soak),
        # one of the two processes is asked, whichever comes first
        pytest.param("SIGTERM", ("trainer=ddp_cpu",), marks=pytest.mark.soak),
    ],
)
def test_a_training_asked_to_end_goes_on_to_the_same_weights_bit_for_bit(
    run, run_script, command, tmp_path, monkeypatch, number, further
):
    whole = run(command(tmp_path, *IN_STEPS, *further, f"run_dir={tmp_path}/whole"))
    assert whole.returncode == 0, whole.stdout + whole.stderr

    (tmp_path / "asked.py").write_text(ASKED_AT_STEP)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    asked = [f"+callbacks.asked={{_target_: asked.AtStep, step: 7, number: {number}}}", f"run_dir={tmp_path}/cut"]
    cut = run(command(tmp_path, *IN_STEPS, *further, *asked))  # step 7 lies in the middle of an epoch
    assert cut.returncode == 128 + getattr(signal, number), cut.stdout + cut.stderr
    assert cut.stdout.count("The report, with figures") == 0
    assert "Traceback" not in cut.stderr
    assert read_status(tmp_path / "cut" / "status.json").asked
    assert checkpoint(tmp_path / "cut")["global_step"] == 7

    done = run_script("train.py", f"run_dir={tmp_path}/cut")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Goes on after step 7" in done.stdout
    one, other = checkpoint(tmp_path / "whole"), checkpoint(tmp_path / "cut")
    assert one["global_step"] == other["global_step"] == 22
    assert one["state_dict"].keys() == other["state_dict"].keys()
    for name, weights in one["state_dict"].items():
        assert torch.equal(weights, other["state_dict"][name]), name
    assert (tmp_path / "whole" / "metrics.csv").read_text() == (tmp_path / "cut" / "metrics.csv").read_text()


def checkpoint(run):
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)


@pytest.mark.soak
def test_a_finished_run_is_extended_by_a_larger_budget_and_by_nothing_else(run, run_script, command, tmp_path):
    done = run(command(tmp_path, *IN_STEPS, f"run_dir={tmp_path}/run"))
    assert done.returncode == 0, done.stdout + done.stderr
    refused = run_script("train.py", f"run_dir={tmp_path}/run", "trainer.max_steps=30", "model.optimizer.lr=0.5")
    assert refused.returncode == 1
    assert "leave out model.optimizer.lr=0.5, or start a new run" in refused.stderr

    done = run_script("train.py", f"run_dir={tmp_path}/run", "trainer.max_steps=30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Goes on after step 22" in done.stdout
    assert "Trained for 30 steps" in done.stdout
    again = run_script("train.py", f"run_dir={tmp_path}/run", "trainer.max_steps=30")
    assert "is finished" in " ".join(again.stdout.split())


@pytest.mark.soak
def test_a_run_is_repeated_from_its_folder_alone(run, run_script, command, tmp_path):
    done = run(command(tmp_path, *IN_STEPS, f"run_dir={tmp_path}/first"))
    assert done.returncode == 0, done.stdout + done.stderr
    refused = run_script("train.py", f"repeat={tmp_path}/first", "seed=2", f"run_dir={tmp_path}/second")
    assert "is repeated with its own config; leave out seed=2" in refused.stderr

    done = run_script("train.py", f"repeat={tmp_path}/first", f"run_dir={tmp_path}/second")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = checkpoint(tmp_path / "first"), checkpoint(tmp_path / "second")
    assert all(torch.equal(weights, second["state_dict"][name]) for name, weights in first["state_dict"].items())
    for table in ("cohort.csv", "metrics.csv", "tests.csv"):
        assert (tmp_path / "first" / table).read_bytes() == (tmp_path / "second" / table).read_bytes()
    assert (
        read_status(tmp_path / "first" / "status.json").tracking_id
        != read_status(tmp_path / "second" / "status.json").tracking_id
    )
