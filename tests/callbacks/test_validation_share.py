import logging
from types import SimpleNamespace

import pytest

from kseg.callbacks import validation_share
from kseg.callbacks.validation_share import ValidationShare


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now_s=50.0)
    monkeypatch.setattr(validation_share, "perf_counter", lambda: clock.now_s)
    return clock


def test_the_share_is_all_validations_over_all_time(clock, caplog):
    caplog.set_level(logging.INFO, logger="kseg")
    logged = []
    module = SimpleNamespace(log=lambda name, value: logged.append((name, value)))
    trainer, callback = SimpleNamespace(sanity_checking=False), ValidationShare()
    callback.on_train_start(trainer, module)
    for _ in range(2):
        clock.now_s += 6
        callback.on_validation_start(trainer, module)
        clock.now_s += 2
        callback.on_validation_epoch_end(trainer, module)
    callback.on_train_end(trainer, module)
    assert logged == [("val/time_share", pytest.approx(2 / 8)), ("val/time_share", pytest.approx(4 / 16))]
    assert [record.message for record in caplog.records] == ["Validation took 25.0 % of the time"]
