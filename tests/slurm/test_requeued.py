"""Jobs on a real SLURM: a distributed one that reaches its time limit goes on in its next turn and finishes."""

import json
import re
import subprocess
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


def test_a_distributed_job_that_reaches_its_limit_is_requeued_and_finishes(slurm, command, tmp_path):
    (tmp_path / "slowly.py").write_text(SLOWLY)
    python, script, *rest = command(
        tmp_path,
        *("seed=1", "name=requeued", f"sweep_dir={tmp_path}/sweep", "logger=none"),
        *("trainer=ddp_cpu", "trainer.max_time=null", "trainer.max_steps=1000", "trainer.val_check_interval=400"),
        *("+callbacks.slowly._target_=slowly.Slowly", "hydra/launcher=submitit_slurm"),
        *("hydra.launcher.gpus_per_node=null", "hydra.launcher.mem_gb=null", "hydra.launcher.cpus_per_task=1"),
        *("hydra.launcher.timeout_min=2", "hydra.launcher.signal_delay_s=60"),
    )
    environment = {**slurm, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, script, "-m", *rest], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    logs = "\n".join(path.read_text()[-4000:] for path in (tmp_path / "sweep").rglob("*_log.*"))
    assert done.returncode == 0, done.stdout + done.stderr + logs
    (folder,) = [path.parent for path in (tmp_path / "sweep").glob("*/status.json")]
    status = read_status(folder / "status.json")
    assert observed_state(status) == "finished"
    assert len(status.earlier) >= 1, "the limit came too late for this machine"
    assert all(attempt["error"].startswith("asked to end") for attempt in status.earlier)

    told = (folder / "train.log").read_text()
    stopped = [int(step) for step in re.findall(r"Goes on after step (\d+)", told)]
    assert len(stopped) == len(status.earlier)
    assert all(0 < step < 1000 for step in stopped)
    assert "Trained for 1000 steps" in told
    logs = (folder / "train.log", folder / "train_ddp_process_1.log")
    first, second = [re.findall(r"Trains with (\{.*\})", log.read_text()) for log in logs]
    assert len(first) == len(status.earlier) + 1
    assert set(first) == set(second)
    assert {json.loads(config)["seed"] for config in first} == {1}
