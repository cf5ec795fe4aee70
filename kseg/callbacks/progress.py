"""The progress bar: how much of the budget is spent, and how it goes."""

from __future__ import annotations

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar

from kseg.models.schedule import budget_spent

WAIT = "data/wait_share"
SHOWN_AS = {"train/loss": "loss", WAIT: "wait"}


class BudgetProgressBar(RichProgressBar):
    """Lightning's bar with the share of the budget in place of a number of epochs, which a budget in time has not."""

    def get_metrics(
        self, trainer: Trainer, pl_module: LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """What stands behind the bar, in few words; W&B's id says nothing there."""
        metrics: dict[str, int | str | float | dict[str, float]] = super().get_metrics(trainer, pl_module)
        if WAIT in metrics:
            metrics[WAIT] = f"{metrics[WAIT]:.0%}"
        return {SHOWN_AS.get(name, name): value for name, value in metrics.items() if name != "v_num"}

    def _get_train_description(self, current_epoch: int) -> str:
        return f"Training, epoch {current_epoch}, {budget_spent(self.trainer):.0%} of the budget"
