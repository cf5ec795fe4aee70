"""GPUs here are names: what a job claims is a lock, which needs no GPU."""

import subprocess
import sys
import time

import pytest

from kseg.runs.gpus import claimed, jobs_at_a_time, visible_gpus

HOLD = (
    "import sys, time; from pathlib import Path; from kseg.runs.gpus import claimed\n"
    "with claimed(int(sys.argv[2]), ['0', '1'], Path(sys.argv[1])) as mine:\n"
    "    print(*mine, flush=True); time.sleep(600)\n"
)


def start(locks, count):
    return subprocess.Popen([sys.executable, "-c", HOLD, locks, str(count)], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def hold(tmp_path):
    """Another process that keeps GPUs until it is killed."""
    started = []

    def hold(count):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, tmp_path, str(count)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, process.stdout.readline().split()

    yield hold
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("setting", "gpus"),
    [("0,1,2", ["0", "1", "2"]), ("3", ["3"]), ("", []), ("-1", []), ("GPU-a,MIG-b", ["GPU-a", "MIG-b"])],
)
def test_the_gpus_are_those_that_cuda_would_see(monkeypatch, setting, gpus):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", setting)
    assert visible_gpus() == gpus
    assert jobs_at_a_time() == max(1, len(gpus))


def test_two_jobs_take_a_gpu_each_and_a_third_waits_for_the_first_that_ends(hold, tmp_path):
    first, (one,) = hold(1)
    _, (other,) = hold(1)
    assert {one, other} == {"0", "1"}
    begun = time.monotonic()
    waiting = start(tmp_path, 1)
    time.sleep(3)
    assert waiting.poll() is None
    first.kill()  # without a chance to give anything back
    assert waiting.stdout.readline().split() == [one]
    assert time.monotonic() - begun > 3
    waiting.kill()
    waiting.communicate()


def test_a_job_that_wants_two_waits_without_holding_one(hold, tmp_path):
    first, (one,) = hold(1)
    waiting = start(tmp_path, 2)
    time.sleep(2)
    given_up = iter([False] * 10 + [True])  # it looks for a moment, and lets go
    with claimed(1, [gpu for gpu in ("0", "1") if gpu != one], tmp_path, given_up=lambda: next(given_up)) as taken:
        pass
    assert taken
    first.kill()
    assert waiting.stdout.readline().split() == ["0", "1"]
    waiting.kill()
    waiting.communicate()


def test_without_gpus_nothing_is_claimed(tmp_path):
    with claimed(1, [], tmp_path) as mine:
        assert mine == []
