"""The state of the random numbers that networks draw, such as dropout's: a resumed training draws on where it was."""

from __future__ import annotations

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer


class RandomState(Callback):
    """Keeps the state of torch's generators in the checkpoint.

    All processes of a training start from one seed and draw alike, so that the first one's state is all of theirs.
    What chooses and varies patches is a function of seed, epoch and index, and needs no state.
    """

    def __init__(self) -> None:
        self.resumed: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        if self.resumed:  # not taken up yet
            return self.resumed
        return {"cpu": torch.get_rng_state(), "gpu": torch.cuda.get_rng_state() if torch.cuda.is_available() else None}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.resumed = state_dict

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Take up the state before the first step: what the start of a training draws is not drawn in its middle."""
        if not self.resumed:
            return
        torch.set_rng_state(self.resumed["cpu"].cpu())
        if self.resumed["gpu"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(self.resumed["gpu"].cpu())
        self.resumed = {}
