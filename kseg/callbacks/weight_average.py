"""An average of the last weights, kept where the network is."""

from __future__ import annotations

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging


class WeightAverage(EMAWeightAveraging):
    """Lightning's exponential moving average, on the training's own device from the start.

    Lightning makes the average before it moves the network to a GPU, and would bring all weights back to the CPU at
    every step.

    Args:
        *args: See `EMAWeightAveraging`.
        **kwargs: See `EMAWeightAveraging`.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the average; Lightning calls this."""
        self._device = self._device or trainer.strategy.root_device
        super().setup(trainer, pl_module, stage)
