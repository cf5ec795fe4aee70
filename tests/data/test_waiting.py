import os
import signal
import subprocess
import sys
import time
from traceback import clear_frames
from types import SimpleNamespace

import psutil
import pytest
import torch
from torch.utils.data import Dataset

from kseg.data import waiting
from kseg.data.waiting import TimedLoader, workers_watched
from kseg.errors import InputError
from kseg.runs.ending import Terminated


class SlowNumbers(Dataset):
    """Ten numbers, each of which takes two seconds by a clock that is turned by hand."""

    def __init__(self, clock=None):
        self.clock = clock or [0.0]

    def __len__(self):
        return 10

    def __getitem__(self, index):
        self.clock[0] += 2
        return torch.tensor(index)


@pytest.fixture
def clock(monkeypatch):
    now_s = [0.0]
    monkeypatch.setattr(waiting, "perf_counter", lambda: now_s[0])
    return now_s


def test_what_the_training_does_with_a_batch_is_no_wait(clock):
    loader = TimedLoader(SlowNumbers(clock), batch_size=5)
    for _ in loader:
        clock[0] += 100
    assert loader.waited_s == 20


def test_epochs_add_up_and_hold_all_batches(clock):
    loader = TimedLoader(SlowNumbers(clock), batch_size=4)
    assert [torch.cat(list(loader)).tolist() for _ in range(2)] == [list(range(10))] * 2
    assert loader.waited_s == 40


def test_workers_that_stay_give_every_epoch_whole():
    loader = TimedLoader(SlowNumbers(), batch_size=4, num_workers=1, persistent_workers=True)
    assert [torch.cat(list(loader)).tolist() for _ in range(2)] == [list(range(10))] * 2
    assert loader.waited_s > 0


class WorkerNumbers(SlowNumbers):
    """Tells in each number's place which process gave it."""

    def __getitem__(self, index):
        return torch.tensor([index, os.getpid()])


def test_a_worker_that_is_asked_to_end_with_all_others_gives_what_is_still_asked_of_it():
    batches = iter(TimedLoader(WorkerNumbers(), batch_size=1, num_workers=1, prefetch_factor=1))
    first = next(batches)
    worker = psutil.Process(int(first[0, 1]))
    for number in (signal.SIGINT, signal.SIGUSR2, signal.SIGTERM):
        worker.send_signal(number)
        time.sleep(0.1)
    assert [int(batch[0, 0]) for batch in batches] == list(range(1, 10))


def test_a_worker_that_died_because_all_were_asked_to_end_is_told_as_that(monkeypatch):
    monkeypatch.setattr(waiting.requests, "number", signal.SIGTERM)
    with pytest.raises(Terminated, match="SIGTERM"), workers_watched():
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Terminated.")


@pytest.mark.parametrize(("idle", "counted"), [(True, True), (False, False)])
def test_a_wait_during_which_the_gpu_has_work_is_none(monkeypatch, clock, idle, counted):
    stream = SimpleNamespace(query=lambda: idle)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: stream)
    loader = TimedLoader(SlowNumbers(clock), batch_size=5)
    list(loader)
    assert (loader.waited_s > 0) == counted


class Damaged(Dataset):
    """A file that is gone, as a worker meets with it."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise InputError(["ct.nii: is gone", "label_map.nii: is gone"])


@pytest.mark.parametrize("workers", [0, 1])
def test_bad_input_is_told_in_the_same_words_by_a_worker(workers):
    with pytest.raises(InputError) as told, workers_watched():
        list(TimedLoader(Damaged(), num_workers=workers))
    assert told.value.problems == ("ct.nii: is gone", "label_map.nii: is gone")
    if workers:
        clear_frames(told.value.__cause__.__traceback__)  # left to the garbage collector, the worker is waited for


def test_other_faults_of_a_training_pass():
    with pytest.raises(RuntimeError, match="shapes do not fit"), workers_watched():
        raise RuntimeError("shapes do not fit")


PATCH_LEFT_ALONE = """
import socket, sys, time
from multiprocessing import resource_sharer
from kseg.data.waiting import leave_requests

leave_requests(0)
address, _ = resource_sharer.DupFd(0)._id
with socket.socket(socket.AF_UNIX) as training:
    training.connect(address)
    time.sleep(0.5)
time.sleep(0.5)
sys.excepthook(RuntimeError, RuntimeError("is told"), None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere patches are passed on in another way")
def test_a_worker_says_nothing_when_the_training_ends_while_it_passes_a_patch_on():
    done = subprocess.run([sys.executable, "-c", PATCH_LEFT_ALONE], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "RuntimeError: is told"
