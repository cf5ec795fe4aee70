import time
from types import SimpleNamespace

import psutil
import pytest
import torch

from kseg.callbacks.pace import Pace, peak_gb


class Logged:
    """A LightningModule as far as it is asked."""

    def __init__(self):
        self.values = {}

    def log(self, name, value, **kwargs):
        assert value.device.type == "cpu"
        self.values[name] = float(value)


def trainer(step, processes=1, logged_every=4):
    return SimpleNamespace(global_step=step, world_size=processes, log_every_n_steps=logged_every)


def steps(pace, module, numbers, seconds=0.02, processes=1):
    for step in numbers:
        time.sleep(seconds)
        batch = {"label_map": torch.zeros(3, 1, 2, 2, 2)}
        pace.on_train_batch_end(trainer(step, processes), module, None, batch, 0)


@pytest.mark.parametrize("processes", [1, 2])
def test_patches_are_counted_over_all_processes_and_time(processes):
    pace, module = Pace(), Logged()
    pace.on_train_start(trainer(0), module)
    began = time.perf_counter()
    steps(pace, module, range(1, 4), processes=processes)
    assert module.values["data/patches_per_s"] == pytest.approx(9 * processes / (time.perf_counter() - began), rel=0.1)


def test_only_the_last_steps_count_and_no_validation():
    pace, module = Pace(), Logged()
    pace.on_train_start(trainer(0), module)
    steps(pace, module, range(1, 5), seconds=0.2)
    pace.on_validation_start(trainer(4), module)
    time.sleep(0.5)
    pace.on_validation_end(trainer(4), module)
    began = time.perf_counter()
    steps(pace, module, range(5, 8))
    assert module.values["data/patches_per_s"] == pytest.approx(9 / (time.perf_counter() - began), rel=0.15)


def test_a_training_that_logs_nothing_has_a_pace():
    pace, module = Pace(), Logged()
    pace.on_train_start(trainer(0), module)
    pace.on_train_batch_end(trainer(1, logged_every=0), module, None, {"label_map": torch.zeros(3, 1, 2, 2, 2)}, 0)
    assert pace.rate > 0


def test_the_peak_of_memory_is_at_least_what_is_held_and_stays():
    held = bytearray(b"x" * 50_000_000)  # psutil reads /proc, the callback asks getrusage
    now = psutil.Process().memory_info().rss / 1e9
    assert peak_gb() > 0.9 * now
    during = peak_gb()
    del held
    assert peak_gb() >= during
