"""A folder that two trainings want: processes of their own, one of which is killed."""

import os
import socket
import subprocess
import sys
import time

import pytest

from kseg.errors import InputError
from kseg.runs.alone import trained_alone
from kseg.runs.folder import RunFolder
from kseg.runs.record import mark_failed
from kseg.runs.status import Status, read_status, write_status

TRAIN = (
    "import sys, time; from pathlib import Path\n"
    "from kseg.runs.alone import trained_alone; from kseg.runs.folder import RunFolder\n"
    "with trained_alone(RunFolder(Path(sys.argv[1]))):\n"
    "    print('trains', flush=True); time.sleep(600)\n"
)


@pytest.fixture
def training(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", TRAIN, tmp_path / "run"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "trains\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_training_of_a_run_is_refused_with_the_first_ones_process_until_that_is_killed(tmp_path, training):
    run = RunFolder(tmp_path / "run")
    who = f"is being trained by process {training.pid} on {socket.gethostname()}"
    with pytest.raises(InputError, match=who), trained_alone(run):
        pass
    training.kill()
    training.wait()
    with trained_alone(run):
        pass
    assert list(run.path.iterdir()) == []


def test_a_run_that_is_trained_is_not_marked_failed_by_others(tmp_path, training):
    run = RunFolder(tmp_path / "run")
    old = time.time() - 1000  # its last life sign: it is about to write the next
    write_status(run.status, Status("running", training.pid, socket.gethostname(), old, old))
    mark_failed(run, "exit code 1")
    assert read_status(run.status).state == "running"
    training.kill()
    training.wait()
    mark_failed(run, "exit code 1")
    ended = read_status(run.status)
    assert (ended.state, ended.error, ended.told) == ("failed", "exit code 1", False)


def test_where_there_are_no_locks_a_living_process_is_not_marked_failed_either(tmp_path):
    run, now = RunFolder(tmp_path), time.time()
    write_status(run.status, Status("running", os.getppid(), socket.gethostname(), now, now))
    mark_failed(run, "exit code 1")
    assert read_status(run.status).state == "running"
