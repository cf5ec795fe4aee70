"""What the validation measured that chose the checkpoint: a run's results before its test."""

from __future__ import annotations

import math
from typing import Any

from lightning import Callback, LightningModule, Trainer


class ChosenValidation(Callback):
    """Keeps the values of the best validation, by the rule by which `ModelCheckpoint` keeps its weights.

    Args:
        monitor: The value that chooses; the greatest is best, the first of equals.
    """

    def __init__(self, monitor: str) -> None:
        self.monitor = monitor
        self.values: dict[str, float] = {}

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look whether this validation is the best so far."""
        measured = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val/")}
        value, best = measured.get(self.monitor, math.nan), self.values.get(self.monitor, math.nan)
        if value > best or (math.isnan(best) and not math.isnan(value)):
            self.values = measured

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"values": dict(self.values)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.values = dict(state_dict["values"])


def chosen_by(trainer: Trainer) -> dict[str, float]:
    """The values that the trainer's callback kept; none without such a callback or a validation."""
    kept = [callback for callback in trainer.callbacks if isinstance(callback, ChosenValidation)]  # type: ignore[attr-defined]
    return kept[0].values if kept else {}
