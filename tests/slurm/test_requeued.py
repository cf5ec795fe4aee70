"""Jobs on a real SLURM: one that reaches its time limit or makes room for another goes on in its next turn."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from kseg.runs.status import observed_state, read_status

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1500)]

SLOWLY = """
import time

from lightning import Callback


class Slowly(Callback):
    def on_train_batch_end(self, *args):
        time.sleep(0.1)
"""
"""A callback of the user's own, which makes steps take what they take on a real cohort."""


def sweep_of_one(command, tmp_path, *overrides):
    """The command of a sweep whose one job takes a tenth of a second a step, and its environment."""
    (tmp_path / "slowly.py").write_text(SLOWLY)
    python, script, *rest = command(
        tmp_path,
        *("seed=1", f"sweep_dir={tmp_path}/sweep", "logger=none", "trainer.max_time=null"),
        *("+callbacks.slowly._target_=slowly.Slowly", "hydra/launcher=submitit_slurm"),
        *("hydra.launcher.gpus_per_node=null", "hydra.launcher.mem_gb=null", "hydra.launcher.cpus_per_task=1"),
        *overrides,
    )
    return [python, script, "-m", *rest], {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}


def folder_of_one(tmp_path):
    (folder,) = [path.parent for path in (tmp_path / "sweep").glob("*/config.yaml")]
    return folder


def logs_of_jobs(tmp_path):
    return "\n".join(path.read_text()[-4000:] for path in (tmp_path / "sweep").rglob("*_log.*"))


def steps_gone_on_after(told):
    return [int(step) for step in re.findall(r"Goes on after step (\d+)", told)]


def test_a_distributed_job_that_reaches_its_limit_is_requeued_and_finishes(slurm, command, tmp_path):
    sweep, environment = sweep_of_one(
        command,
        tmp_path,
        *("name=requeued", "trainer=ddp_cpu", "trainer.max_steps=600", "trainer.val_check_interval=300"),
        *("hydra.launcher.timeout_min=2", "hydra.launcher.signal_delay_s=60"),
    )
    done = subprocess.run(sweep, env={**slurm, **environment}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + logs_of_jobs(tmp_path)
    folder = folder_of_one(tmp_path)
    status = read_status(folder / "status.json")
    assert observed_state(status) == "finished"
    assert len(status.earlier) >= 1, "the limit came too late for this machine"
    assert all(attempt["error"].startswith("asked to end") for attempt in status.earlier)

    told = (folder / "train.log").read_text()
    stopped = steps_gone_on_after(told)
    assert len(stopped) == len(status.earlier)
    assert all(0 < step <= 600 for step in stopped)  # asked once more while it outlined, perhaps
    assert "Trained for 600 steps" in told
    logs = (folder / "train.log", folder / "train_ddp_process_1.log")
    first, second = [re.findall(r"Trains with (\{.*\})", log.read_text()) for log in logs]
    assert len(first) == len(status.earlier) + 1
    assert set(first) == set(second)
    assert {json.loads(config)["seed"] for config in first} == {1}


def test_a_job_that_makes_room_for_another_waits_for_its_turn_and_goes_on(slurm, command, tmp_path):
    # `scontrol requeue` does to a job what a more urgent one does under PreemptMode=REQUEUE
    sweep, environment = sweep_of_one(
        command,
        tmp_path,
        *("name=preempted", "trainer.max_steps=300", "trainer.val_check_interval=100"),
        "hydra.launcher.timeout_min=30",
    )
    begun = subprocess.Popen(
        sweep, env={**slurm, **environment}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not list((tmp_path / "sweep").glob("*/checkpoints/last.ckpt")):
        time.sleep(1)  # the first epoch is over
    jobs = subprocess.run(
        ["squeue", "--noheader", "--format=%i"], env=slurm, capture_output=True, text=True, check=True
    ).stdout.split()
    subprocess.run(["scontrol", "requeue", *jobs], env=slurm, check=True)
    told, _ = begun.communicate()
    assert begun.returncode == 0, told + logs_of_jobs(tmp_path)
    status = read_status(folder_of_one(tmp_path) / "status.json")
    assert observed_state(status) == "finished"
    assert len(status.earlier) == 1
    log = (folder_of_one(tmp_path) / "train.log").read_text()
    (stopped,) = steps_gone_on_after(log)
    assert 0 < stopped < 300
    assert "Trained for 300 steps" in log
