"""The LightningModule: a network, what it is taught, and how its validation is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from monai.inferers.inferer import SlidingWindowInferer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from kseg.decision import decide
from kseg.labels import STRUCTURES, structure_mask
from kseg.metrics.overlap import dice
from kseg.metrics.score import is_divided, shows
from kseg.models.deep_supervision import answers, supervised
from kseg.models.group_dro import GroupDRO
from kseg.models.learning_rates import optimizer_of
from kseg.models.losses import OverlapAndVoxels
from kseg.models.objectives import Objective
from kseg.models.schedule import BudgetSchedule, Shape, agreed_share
from kseg.models.windows import in_slabs


class ValidatedCase(TypedDict):
    """One validation case on its prepared grid: Dice by structure, NaN where there is nothing to compare; label map."""

    group: str
    dice: dict[str, float]
    predicted: NDArray[np.uint8]


class SegmentationModule(LightningModule):
    """Teaches a network to label background, medulla and cortex.

    Args:
        network: From a normalised CT, shape (B, 1, X, Y, Z), to `objective.channels` channels, shape
            (B, channels, X, Y, Z); in training, it may answer at several resolutions, see `answers`.
        objective: What the channels mean.
        loss: Of logits of the classes.
        optimizer: From parameters to an optimiser.
        schedule: From the share of the budget spent to a factor of the learning rate.
        inferer: Applies the network to a whole case.
        group_weights: How groups weigh in the loss; as their patches come, if None.
        slower: Parts of the network, by how their parameters' names begin, with the share of the learning rate at which
            each learns.
        channels_last: Whether the channels of a voxel lie together in memory.
        compiled: Whether `torch.compile` is used, from the start of a training on.
    """

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        loss: OverlapAndVoxels,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        schedule: Shape,
        inferer: SlidingWindowInferer,
        *,
        group_weights: GroupDRO | None = None,
        slower: Mapping[str, float] | None = None,
        channels_last: bool = False,
        compiled: bool = False,
    ) -> None:
        super().__init__()
        self.layout = torch.channels_last_3d if channels_last else torch.contiguous_format
        self.network = network
        if channels_last:
            self.network.to(memory_format=self.layout)  # type: ignore[call-overload]
        self.objective, self.loss = objective, loss
        self.group_weights, self.compiled = group_weights or None, compiled
        self.optimizer, self.schedule, self.slower = optimizer, schedule, slower or {}
        self.inferer = inferer

    def forward(self, ct: Tensor) -> Tensor:
        """Label one whole case: (1, 1, X, Y, Z) in, logits (1, 3, X, Y, Z) out, by sliding window."""
        slabs = in_slabs(ct[0, 0], self.inferer, self.answer, torch.Tensor.float)
        return self.objective.class_logits(torch.cat(list(slabs), -1)[None])

    @property
    def parameters_m(self) -> float:
        """Millions of parameters that are trained."""
        return sum(parameter.numel() for parameter in self.network.parameters() if parameter.requires_grad) / 1e6

    def on_fit_start(self) -> None:
        """Compile the network in place, so that its weights keep their names; Lightning calls this."""
        if self.compiled:
            self.network.compile()

    def training_step(self, batch: dict[str, Any], batch_idx: int) -> Tensor:
        """One batch of patches to its loss."""
        label_map, patches = batch["label_map"], len(batch["label_map"])
        output = answers(self.answer(batch["ct"]))
        if self.group_weights is None:
            parts = supervised(self._parts_of_answer, output, label_map)
            loss = parts.sum()
        else:
            parts, loss = self._weighted_by_group(self.group_weights, output, label_map, batch["group"])
        self.log("train/loss", loss, batch_size=patches)
        for name, part in zip(self.loss.names, parts.detach().unbind(), strict=True):
            self.log(f"train/loss/{name}", part, batch_size=patches)
        rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        self.log("train/learning_rate", torch.tensor(rate), batch_size=patches)  # a GPU is waited for at a number
        return loss

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> ValidatedCase:
        """One whole case to its Dice; a callback gathers the groups."""
        predicted = decide(self(batch["ct"])[0].softmax(0)).cpu().numpy()
        reference = batch["label_map"][0, 0].cpu().numpy()
        scores = {name: _dice(reference, predicted, name) for name in STRUCTURES}
        return {"group": batch["group"][0], "dice": scores, "predicted": predicted}

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The optimiser, and a schedule that knows the trainer's budget."""
        optimizer = optimizer_of(self.network, self.optimizer, self.slower)
        schedule = BudgetSchedule(optimizer, self.schedule, partial(agreed_share, self.trainer))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def loss_of_patches(self, ct: Tensor, label_map: Tensor) -> Tensor:
        """What the network has lost on a batch, both of shape (B, 1, X, Y, Z), over all resolutions of its answer."""
        return supervised(self.loss_of_answer, answers(self.answer(ct)), label_map)

    def answer(self, ct: Tensor) -> Any:
        """Ask the network about patches, shape (B, 1, X, Y, Z), laid out in memory as it likes them."""
        return self.network(ct.contiguous(memory_format=self.layout))

    def _weighted_by_group(
        self, weights: GroupDRO, output: list[Tensor], label_map: Tensor, groups: Sequence[str]
    ) -> tuple[Tensor, Tensor]:
        """The mean parts of the patches' losses, and the sum as the groups weigh."""
        each = [
            supervised(self._parts_of_answer, [level[one : one + 1] for level in output], label_map[one : one + 1])
            for one in range(len(label_map))
        ]
        parts = torch.stack(each)
        losses = parts.sum(1)
        indices = weights.indices(groups).to(losses.device, non_blocking=True)
        everywhere: Any = self.all_gather({"losses": losses.detach(), "indices": indices})
        weights.update(everywhere["losses"].flatten(), everywhere["indices"].flatten())
        weighed: Tensor = weights(losses, indices)
        return parts.mean(0), weighed

    def loss_of_answer(self, answer: Tensor, label_map: Tensor) -> Tensor:
        """What one answer of the network has lost, against labels of its own size, shape (B, 1, X, Y, Z)."""
        return self._parts_of_answer(answer, label_map).sum()

    def _parts_of_answer(self, answer: Tensor, label_map: Tensor) -> Tensor:
        return self.loss.parts(
            self.objective.class_logits(answer), label_map, self.objective.overlapping, self.objective.either
        )


def _dice(reference: NDArray[np.uint8], predicted: NDArray[np.uint8], structure: str) -> float:
    if not shows(structure, divided=is_divided(reference)):
        return math.nan
    return dice(structure_mask(reference, structure), structure_mask(predicted, structure))
