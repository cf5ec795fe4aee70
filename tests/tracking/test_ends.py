import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
import torch

from kseg.runs.status import read_status

ROOT = Path(__file__).parents[2]
ENDLESS = ("trainer.max_time=null", "trainer.max_steps=100000", "trainer.val_check_interval=1000")
DEAD_PORT = "http://127.0.0.1:9"  # RFC 863's discard service, which nobody runs

pytestmark = pytest.mark.slow


def start(command, run, **environment):
    """Start a training in a group of its own, and wait until it has something to go on from."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    deadline = time.monotonic() + 300
    while not (run / "checkpoints" / "last.ckpt").is_file():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return process


def summary(records):
    values = {}
    for record in records:
        values |= record.get("summary", {}).get("update", {})
    return values


def steps(records):
    """The steps whose loss was told."""
    lines = [record["history"]["item"] for record in records if record["type"] == "history"]
    return [line["trainer/global_step"] for line in lines if "train/loss" in line]


@pytest.mark.soak
@pytest.mark.parametrize(("number", "reason"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "Ctrl-C")])
def test_a_run_that_was_asked_to_end_is_killed_and_says_by_what(command, tmp_path, wandb_records, number, reason):
    run = tmp_path / "run"
    process = start(command(tmp_path, *ENDLESS, f"run_dir={run}"), run)
    os.killpg(process.pid, number)  # as a terminal does: W&B's own process is asked, too
    process.communicate(timeout=120)
    assert process.returncode == 128 + number
    (records,) = wandb_records(tmp_path, read_status(run / "status.json").tracking_id)
    assert records[-1]["exit"]["exit_code"] == 255
    assert (summary(records)["ended"], summary(records)["reason"]) == ("killed", reason)


@pytest.mark.soak
def test_a_run_killed_outright_goes_on_under_one_id_and_repeats_what_no_checkpoint_held(
    command, run_script, tmp_path, wandb_records
):
    run = tmp_path / "run"
    bounds = ("trainer.max_time=null", "trainer.max_steps=400", "trainer.val_check_interval=1000")
    every_step = ("trainer.log_every_n_steps=1", f"run_dir={run}", "patches.patches_per_epoch=32")
    process = start(command(tmp_path, *bounds, *every_step), run)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    saved = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]

    done = run_script("train.py", f"run_dir={run}")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = wandb_records(tmp_path, read_status(run / "status.json").tracking_id)
    assert 0 < saved < 400, "it was over before it was killed"
    assert steps(second) == list(range(saved, 400))  # Lightning counts from 0
    before = steps(first)  # what had not reached the disk is lost
    assert before == list(range(len(before)))
    repeated = {step for step, times in Counter(before + steps(second)).items() if times > 1}
    assert repeated == {step for step in before if step >= saved}
    lines = [record["history"]["item"] for records in (first, second) for record in records if "history" in record]
    assert [line["_step"] for line in lines] == sorted({line["_step"] for line in lines})
    hours = [line["hours"] for line in lines]
    assert hours[-1] == max(hours)


@pytest.mark.soak
def test_a_training_whose_server_cannot_be_reached_ends_well_and_says_once_that_it_logs_locally(
    command, tmp_path, wandb_records, monkeypatch
):
    monkeypatch.setenv("WANDB_BASE_URL", DEAD_PORT)
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    bounds = ("trainer=quick", "logger.mode=online", "logger.patience_s=3", f"run_dir={tmp_path}/run")
    done = subprocess.run(command(tmp_path, *bounds), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " ".join(done.stdout.split()).count("logs locally instead") == 1
    (records,) = wandb_records(tmp_path, read_status(tmp_path / "run" / "status.json").tracking_id)
    assert "test/dice/cortex" in summary(records)


@pytest.mark.soak
def test_a_training_goes_on_when_w_and_b_s_own_process_is_killed(command, tmp_path):
    run = tmp_path / "run"
    bounds = ("trainer.max_time=null", "trainer.max_steps=40", "trainer.val_check_interval=10")
    process = start(command(tmp_path, *bounds, f"run_dir={run}"), run)
    for child in psutil.Process(process.pid).children(recursive=True):
        if "wandb-core" in child.name():
            child.kill()
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert " ".join(told.split()).count("W&B does not take what is logged") == 1
    assert "Traceback" not in told
    assert read_status(run / "status.json").state == "finished"
    assert (run / "report.html").is_file()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_of_a_sweep_of_six_the_one_whose_loss_is_lost_has_failed(sweep, run, states, tmp_path, wandb_records):
    rates = "0.001,0.002,0.003,0.004,0.005,1e30"
    done = run(
        sweep("-m", f"model.optimizer.lr={rates}", "trainer.max_time=null", "trainer.max_steps=30", "name=rates")
    )
    assert done.returncode == 1
    ids = {name: read_status(tmp_path / "sweep" / name / "status.json").tracking_id for name in states()}
    told = [wandb_records(tmp_path, tracking_id)[0] for tracking_id in ids.values()]
    started = [next(record["run"] for record in records if "run" in record) for records in told]
    assert {one["run_group"] for one in started} == {"rates"}
    assert len({one["display_name"] for one in started}) == len({one["run_id"] for one in started}) == 6
    ends = [(summary(records)["ended"], summary(records)["reason"]) for records in told]
    assert sorted(ends) == [("failed", "NaN loss"), *[("finished", "")] * 5]
    assert sorted(records[-1]["exit"].get("exit_code", 0) for records in told) == [0] * 5 + [1]

    compared = run([sys.executable, "evaluate.py", f"run={tmp_path}/sweep/*"])
    assert compared.returncode == 0, compared.stdout + compared.stderr
    known = set(ids.values())
    others = [file.stem.removeprefix("run-") for file in tmp_path.glob("wandb/offline-run-*/*.wandb")]
    (comparison,) = [wandb_records(tmp_path, other)[0] for other in others if other not in known]
    started = next(record["run"] for record in comparison if "run" in record)
    assert (started["run_group"], started["job_type"]) == ("rates", "compare")
    told = summary(comparison)
    assert {"tables/runs.path", "tables/ranking.path", "tables/tests.path", "results/ranking.path"} <= set(told)
    assert (told["runs"], told["left_out"]) == (5, 1)
    assert "1e+30" not in told["best/val"]


def test_a_run_whose_cohort_cannot_be_read_has_failed_in_w_and_b_too(run_script, tmp_path, wandb_records):
    typed = ("data=folder", f"data.root={tmp_path}/nowhere", f"paths.root={tmp_path}", f"run_dir={tmp_path}/run")
    assert run_script("train.py", *typed).returncode == 1
    (records,) = wandb_records(tmp_path, read_status(tmp_path / "run" / "status.json").tracking_id)
    assert records[-1]["exit"]["exit_code"] == 1
    assert (summary(records)["ended"], summary(records)["reason"]) == ("failed", "InputError")
