"""The end of a training is validated, so that its last weights can be chosen."""

from __future__ import annotations

from typing import Any

from lightning import Callback, LightningModule, Trainer

from kseg.models.schedule import counted_share


class LastValidation(Callback):
    """Asks for a stop when the last step is done: Lightning then validates once more, as it does when time is up."""

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any) -> None:
        """Look at the budget in steps and epochs; a budget in time is Lightning's own to watch."""
        if counted_share(trainer) >= 1:
            trainer.should_stop = True
