"""The progress bar: how much of the budget is spent, and how it goes."""

from __future__ import annotations

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar

from kseg.models.schedule import budget_spent

LOSS, WAIT = "train/loss", "data/wait_share"


class BudgetProgressBar(RichProgressBar):
    """Lightning's bar, and behind it the share of the budget that is spent, be it time, steps or epochs.

    The loss stands behind it without being logged with `prog_bar`: Lightning would read it at every step, and so wait
    for the GPU; here it is read whenever the bar is drawn.

    Args:
        refresh_rate: Steps from one drawing to the next.
        **kwargs: See `RichProgressBar`.
    """

    def __init__(self, refresh_rate: int = 1, **kwargs: Any) -> None:
        super().__init__(refresh_rate, **kwargs)
        self.loss: float | None = None

    def get_metrics(
        self, trainer: Trainer, pl_module: LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """What stands behind the bar, in few words; W&B's id says nothing there."""
        logged: dict[str, int | str | float | dict[str, float]] = super().get_metrics(trainer, pl_module)
        loss, wait = trainer.callback_metrics.get(LOSS), logged.pop(WAIT, None)
        if loss is not None and trainer.global_step % self.refresh_rate == 0:
            self.loss = float(loss)
        spent = f"{budget_spent(trainer):.0%}"
        shown = {"budget": spent, "loss": self.loss, "wait": None if wait is None else f"{wait:.0%}", **logged}
        return {name: value for name, value in shown.items() if value is not None and name != "v_num"}

    def _get_train_description(self, current_epoch: int) -> str:
        return f"Training, epoch {current_epoch}"
