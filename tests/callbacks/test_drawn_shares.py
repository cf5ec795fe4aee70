import logging
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from kseg.callbacks.drawn_shares import DrawnShares


@dataclass
class Drawn:
    groups: dict[str, int]

    def __str__(self):
        return "what was drawn"


@dataclass
class Logged:
    values: dict[str, float] = field(default_factory=dict)

    def log_dict(self, values):
        self.values |= values


def end_of_epoch(groups, *, first=True):
    trainer = SimpleNamespace(
        datamodule=SimpleNamespace(drawn=lambda: Drawn(groups)), is_global_zero=first, current_epoch=4
    )
    module = Logged()
    DrawnShares().on_train_epoch_end(trainer, module)
    return module.values


def test_the_share_of_every_group_is_logged():
    values = end_of_epoch({"control": 30, "severe": 60, "": 10})
    assert values == pytest.approx({"data/share/control": 0.3, "data/share/severe": 0.6, "data/share/none": 0.1})


def test_the_first_process_alone_says_what_was_drawn(caplog):
    caplog.set_level(logging.DEBUG, logger="kseg")
    end_of_epoch({"control": 1}, first=False)
    assert not caplog.records
    end_of_epoch({"control": 1})
    assert [record.message for record in caplog.records] == ["Epoch 4, what was drawn"]


def test_an_epoch_in_which_nothing_was_drawn_has_no_shares():
    assert end_of_epoch({"control": 0}) == {}
