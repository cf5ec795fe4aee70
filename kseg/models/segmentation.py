"""The LightningModule: a network, what it is taught, and how its validation is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from monai.inferers.inferer import Inferer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from kseg.labels import STRUCTURES, structure_mask
from kseg.metrics.overlap import dice
from kseg.metrics.score import shows
from kseg.models.schedule import BudgetSchedule, Shape, agreed_share
from kseg.models.targets import class_shares


class ValidatedCase(TypedDict):
    """Dice of one validation case on its prepared grid, by structure; NaN where there is nothing to compare."""

    group: str
    dice: dict[str, float]


class SegmentationModule(LightningModule):
    """Teaches a network to label background, medulla and cortex.

    Args:
        network: From a normalised CT, shape (B, 1, X, Y, Z), to logits of the classes, shape (B, 3, X, Y, Z).
        loss: From logits and the classes' shares, both (B, 3, X, Y, Z), to a number.
        optimizer: From parameters to an optimiser.
        schedule: From the share of the budget spent to a factor of the learning rate.
        inferer: Applies the network to a whole case.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: nn.Module,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        schedule: Shape,
        inferer: Inferer,
    ) -> None:
        super().__init__()
        self.network, self.loss = network, loss
        self.optimizer, self.schedule = optimizer, schedule
        self.inferer = inferer

    def forward(self, ct: Tensor) -> Tensor:
        """Label one whole case: (1, 1, X, Y, Z) in, logits (1, 3, X, Y, Z) out, by sliding window."""
        logits: Tensor = self.inferer(ct, self.network)
        return logits

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """One batch of patches to its loss."""
        logits = self.network(batch["ct"])
        loss: Tensor = self.loss(logits.float(), class_shares(batch["label_map"], logits))
        self.log("train/loss", loss, batch_size=len(logits))
        rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        self.log("train/learning_rate", torch.tensor(rate), batch_size=len(logits))  # a GPU is waited for at a number
        return loss

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> ValidatedCase:
        """One whole case to its Dice; a callback gathers the groups."""
        predicted = self(batch["ct"]).argmax(1, keepdim=True).to(torch.uint8).cpu().numpy()
        reference = batch["label_map"].cpu().numpy()
        return {"group": batch["group"][0], "dice": {name: _dice(reference, predicted, name) for name in STRUCTURES}}

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The optimiser, and a schedule that knows the trainer's budget."""
        optimizer = self.optimizer(self.network.parameters())
        schedule = BudgetSchedule(optimizer, self.schedule, partial(agreed_share, self.trainer))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _dice(reference: NDArray[np.uint8], predicted: NDArray[np.uint8], structure: str) -> float:
    if not shows(reference, structure):
        return math.nan
    return dice(structure_mask(reference, structure), structure_mask(predicted, structure))
