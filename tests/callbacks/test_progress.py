from types import SimpleNamespace

from lightning.pytorch.callbacks import RichProgressBar

from kseg.callbacks.progress import BudgetProgressBar


def test_what_stands_behind_the_bar_is_short_and_a_share_is_in_percent(monkeypatch):
    logged = {"v_num": "x7f", "train/loss": 0.25, "data/wait_share": 0.0312, "mine": 3}
    monkeypatch.setattr(RichProgressBar, "get_metrics", lambda *_: dict(logged))
    shown = BudgetProgressBar().get_metrics(SimpleNamespace(), SimpleNamespace())
    assert shown == {"loss": 0.25, "wait": "3%", "mine": 3}
