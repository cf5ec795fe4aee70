"""An average of the last weights, kept where the network is."""

from __future__ import annotations

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging


class WeightAverage(EMAWeightAveraging):
    """Lightning's exponential moving average, on the training's own device from the start, that no GPU is waited for.

    Lightning makes the average before it moves the network to a GPU, and would bring all weights back to the CPU at
    every step; and torch reads the count of averaged steps, which lies on the GPU, to know which step is the first.

    Args:
        decay: Share of the average that a step keeps, in [0, 1].
        **kwargs: See `EMAWeightAveraging`.
    """

    def __init__(self, decay: float = 0.999, **kwargs: Any) -> None:
        super().__init__(decay=decay, **kwargs)
        self.decay = decay

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the average; Lightning calls this."""
        self._device = self._device or trainer.strategy.root_device
        super().setup(trainer, pl_module, stage)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Begin the average with the first step's weights, then move it towards each step's; Lightning calls this."""
        if not self._latest_update_step:
            super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        elif trainer.global_step > self._latest_update_step and self.should_update(step_idx=trainer.global_step - 1):
            self._move_towards(pl_module)
            self._latest_update_step = trainer.global_step

    @torch.no_grad()
    def _move_towards(self, pl_module: LightningModule) -> None:
        average = self._average_model
        assert average is not None  # made in `setup`
        pairs = list(zip(_tensors(average.module), _tensors(pl_module), strict=True))
        averages, current = zip(*(pair for pair in pairs if pair[0].is_floating_point()), strict=True)
        torch._foreach_lerp_(averages, current, 1 - self.decay)
        for count, counted in pairs:
            if not count.is_floating_point():
                count.copy_(counted)
        average.n_averaged += 1


def _tensors(module: torch.nn.Module) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]
