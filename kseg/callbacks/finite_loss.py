"""A training whose loss is no number any more has ended, whether it says so or not."""

from __future__ import annotations

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from kseg.errors import InputError

UNLOGGED_EVERY = 50
"""Steps from one look to the next where nothing is logged; Lightning's default for logging."""


class LossLostError(InputError):
    """The loss is no number any more."""

    kind = "NaN loss"
    """The reason that is told to W&B."""


class FiniteLoss(Callback):
    """Ends a training whose loss has been NaN or infinite for many steps, one after another.

    They are counted where the loss is, and looked at as seldom as the loss is logged: no GPU is waited for at a step.

    Args:
        patience: Steps; mixed precision may leave out a few by itself.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.lost: torch.Tensor | None = None
        self.batches = 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count.

        Raises:
            LossLostError: It has been long enough.
        """
        loss = outputs["loss"].detach()
        before = torch.zeros_like(loss) if self.lost is None else self.lost
        self.lost = torch.where(loss.isfinite(), torch.zeros_like(loss), before + 1)
        self.batches += 1
        if self.batches % (trainer.log_every_n_steps or UNLOGGED_EVERY):  # type: ignore[attr-defined]
            return
        lost = int(self.lost)
        if self._is_enough_anywhere(trainer, lost):
            raise LossLostError(
                f"the loss has been no number for {lost} steps, up to step {trainer.global_step}; start a new run with "
                "a lower model.optimizer.lr, or with trainer.precision=32-true"
            )

    def _is_enough_anywhere(self, trainer: Trainer, lost: int) -> bool:
        """The same answer on all processes of a training: one that ended alone would leave the others waiting."""
        enough = lost >= self.patience
        return enough if trainer.world_size == 1 else trainer.strategy.reduce_boolean_decision(enough, all=False)
