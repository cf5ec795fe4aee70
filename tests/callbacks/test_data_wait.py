import logging
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from kseg.callbacks import data_wait
from kseg.callbacks.data_wait import DataWait


@dataclass
class Training:
    """A trainer, its data module and a clock that is turned by hand."""

    callback: DataWait = field(default_factory=DataWait)
    now_s: float = 100.0
    waited_s: float = 0.0
    logged: list[float] = field(default_factory=list)

    def call(self, hook, *arguments):
        trainer = SimpleNamespace(datamodule=SimpleNamespace(waited_s=self.waited_s))
        getattr(self.callback, hook)(trainer, self, *arguments)

    def log(self, name, value, **_):
        assert name == "data/wait_share"
        self.logged.append(value)

    def step(self, *, wait_s, compute_s):
        self.waited_s += wait_s
        self.now_s += wait_s + compute_s
        self.call("on_train_batch_end", None, None, 0)


@pytest.fixture
def training(monkeypatch):
    training = Training()
    monkeypatch.setattr(data_wait, "perf_counter", lambda: training.now_s)
    training.call("on_train_start")
    return training


def test_a_training_resumed_within_an_epoch_counts_from_there(training):
    training.step(wait_s=1, compute_s=3)  # Lightning calls `on_train_epoch_start` at the next epoch
    assert training.logged == [1 / 4]


def test_the_share_is_the_wait_over_the_time_since_the_epoch_began(training):
    training.step(wait_s=1, compute_s=1)
    training.step(wait_s=0, compute_s=2)
    training.call("on_train_epoch_start")
    training.step(wait_s=1, compute_s=9)
    assert training.logged == pytest.approx([1 / 2, 1 / 4, 1 / 10])


def test_validation_does_not_count(training):
    training.step(wait_s=1, compute_s=4)
    training.call("on_validation_start")
    training.now_s += 1000
    training.call("on_validation_end")
    training.step(wait_s=0, compute_s=5)
    assert training.logged == pytest.approx([1 / 5, 1 / 10])


@pytest.mark.parametrize(
    ("wait_s", "said"),
    [
        (0.01, "1.0 % of the time"),
        (0.5, "50.0 % of the time; more patches.workers may help where there are more cores"),
    ],
)
def test_the_end_tells_the_share_and_what_to_do_if_it_is_large(training, caplog, wait_s, said):
    caplog.set_level(logging.INFO, logger="kseg")
    training.step(wait_s=wait_s, compute_s=1 - wait_s)
    training.call("on_train_end")
    assert [record.message for record in caplog.records] == [f"The network waited for data {said}"]
