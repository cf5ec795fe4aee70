"""For what share of the time does the network wait for data?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

log = logging.getLogger("kseg")

LARGE = 0.05
"""A share at which it is worth saying what to do about it."""


@dataclass
class Stretch:
    """A part of the training, as long as it goes on.

    Args:
        began_s: On the clock, later by what validation took meanwhile.
        waited_before_s: What had been waited when it began.
    """

    began_s: float
    waited_before_s: float

    def share(self, waited_s: float) -> float:
        """The share of it that was waited, given all that has been waited so far."""
        return (waited_s - self.waited_before_s) / max(perf_counter() - self.began_s, 1e-9)


class DataWait(Callback):
    """Logs `data/wait_share` of the epoch so far at every step, for the progress bar too, and tells it at the end.

    Time for validation does not count. The data module tells by `waited_s` for how many seconds it was waited for.
    """

    def __init__(self) -> None:
        self.stretches: dict[str, Stretch] = {}
        self.paused_s = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count; a training that is resumed within an epoch is not told when it begins."""
        self.stretches = {name: Stretch(perf_counter(), _waited_s(trainer)) for name in ("training", "epoch")}

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count for this epoch."""
        self.stretches["epoch"] = Stretch(perf_counter(), _waited_s(trainer))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock."""
        self.paused_s = perf_counter()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let the clock go on."""
        for stretch in self.stretches.values():
            stretch.began_s += perf_counter() - self.paused_s

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log the share of this epoch so far."""
        share = torch.tensor(self.stretches["epoch"].share(_waited_s(trainer)))  # a bare number would go to the GPU
        pl_module.log("data/wait_share", share, prog_bar=True, batch_size=1)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell the share of the whole training, and what to do if it is large."""
        share = self.stretches["training"].share(_waited_s(trainer))
        advice = "; more patches.workers may help where there are more cores" if share > LARGE else ""
        log.info("The network waited for data %.1f %% of the time%s", 100 * share, advice)


def _waited_s(trainer: Trainer) -> float:
    data: Any = getattr(trainer, "datamodule", None)
    waited_s: float = data.waited_s
    return waited_s
