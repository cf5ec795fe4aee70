from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.callbacks import RichProgressBar

from kseg.callbacks import progress
from kseg.callbacks.progress import BudgetProgressBar


@pytest.fixture
def shown(monkeypatch):
    logged = {"v_num": "x7f", "data/wait_share": 0.0312, "mine": 3}
    monkeypatch.setattr(RichProgressBar, "get_metrics", lambda *_: dict(logged))
    monkeypatch.setattr(progress, "budget_spent", lambda trainer: trainer.global_step / 50)
    bar = BudgetProgressBar(refresh_rate=5)

    def show(step, **metrics):
        trainer = SimpleNamespace(global_step=step, callback_metrics=metrics)
        return bar.get_metrics(trainer, SimpleNamespace())

    return show


def test_what_stands_behind_the_bar_is_short_and_a_share_is_in_percent(shown):
    assert shown(5, **{"train/loss": torch.tensor(0.25)}) == {"budget": "10%", "loss": 0.25, "wait": "3%", "mine": 3}


def test_the_loss_is_read_only_when_the_bar_is_drawn(shown):
    read = [shown(step, **{"train/loss": torch.tensor(step / 4)}).get("loss") for step in range(1, 11)]
    assert read == [None] * 4 + [1.25] * 5 + [2.5]


def test_without_a_loss_none_is_shown(shown):
    assert shown(5) == {"budget": "10%", "wait": "3%", "mine": 3}
