"""Jobs and commands that want the same run, or one that stands: real sweeps on the clinic of boxes."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from kseg.runs.status import read_status

ROOT = Path(__file__).parent.parent
SHORT = ("trainer=quick", "trainer.max_steps=3", "logger=none")

pytestmark = pytest.mark.slow


def only_run(tmp_path):
    (status,) = (tmp_path / "sweep").glob("*/status.json")
    return status.parent


@pytest.mark.soak
def test_jobs_with_the_same_values_train_one_run_once(sweep, run, tmp_path):
    done = run(sweep("-m", "seed=1,1", *SHORT, "hydra.launcher.n_jobs=2"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 runs are finished" in done.stdout
    status = read_status(only_run(tmp_path) / "status.json")
    assert (status.state, status.earlier) == ("finished", ())


@pytest.fixture
def long_sweep(sweep, tmp_path):
    """The command of a sweep without an end, and its process, which has something to go on from."""
    command = sweep("-m", "seed=1", "trainer.max_time=null", "trainer.max_steps=100000", "logger=none")
    with (tmp_path / "told.txt").open("w") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, start_new_session=True, cwd=ROOT)
    try:
        deadline = time.monotonic() + 240
        while not list((tmp_path / "sweep").glob("*/checkpoints/last.ckpt")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield command, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.soak
def test_a_second_command_leaves_the_first_ones_run_alone_and_names_its_process(
    long_sweep, run, run_script, states, tmp_path
):
    command, first = long_sweep
    folder = only_run(tmp_path)
    trainer = read_status(folder / "status.json").pid
    by_hand = run_script("train.py", f'run_dir="{folder}"')
    assert by_hand.returncode == 1
    assert f"is being trained by process {trainer} on" in by_hand.stderr
    again = run(command)
    assert again.returncode == 1
    assert f"is being trained by process {trainer} on" in " ".join(again.stdout.split())
    assert list(states().values()) == ["running"]
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    psutil.wait_procs([psutil.Process(trainer)] if psutil.pid_exists(trainer) else [], timeout=10)
    assert list(states().values()) == ["interrupted"]


@pytest.mark.soak
def test_a_run_that_goes_on_says_in_what_todays_recipe_differs(sweep, run, tmp_path):
    done = run(sweep("-m", "seed=1", *SHORT))
    assert done.returncode == 0, done.stdout + done.stderr
    config = only_run(tmp_path) / "config.yaml"
    kept = yaml.safe_load(config.read_text())
    assert "trainer.precision" not in done.stdout
    again = run(sweep("-m", "seed=1", *SHORT))
    assert again.returncode == 0
    assert "keeps its own config" not in again.stdout
    kept["model"]["optimizer"]["lr"] = 0.5  # as if the network's YAML had said so then
    config.write_text(yaml.safe_dump(kept))
    again = run(sweep("-m", "seed=1", *SHORT))
    assert again.returncode == 0
    table = " ".join(again.stdout.split("runs are finished")[1].split())
    assert "it keeps its own config, in which other values stand than today's: model.optimizer.lr" in table
    assert yaml.safe_load(config.read_text()) == kept


@pytest.mark.soak
def test_a_data_set_that_is_swept_has_runs_of_its_own_and_numbered_gpus_are_refused(run_script, states, tmp_path):
    places = (f"data.root={tmp_path}/a,{tmp_path}/b", f"paths.root={tmp_path}", f"sweep_dir={tmp_path}/sweep")
    done = run_script("train.py", "-m", "data=folder", "seed=1", "trainer.devices=[2,3]", *places)
    assert done.returncode == 1
    assert list(states().values()) == ["failed", "failed"]
    told = " ".join(done.stdout.split())
    assert told.count("trainer.devices=[2,3] chooses GPUs, but a sweep's runs take whichever are free") == 2
    assert "0 of 2 runs are finished" in told
