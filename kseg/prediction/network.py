"""A trained network, on the best device at hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning import Fabric
from torch import Tensor

from kseg.models.precision import precision_for_prediction
from kseg.models.segmentation import SegmentationModule
from kseg.models.weights import load_weights


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that predicts; made by `trained_network` or `placed`.

    Args:
        logits: From a normalised CT on the CPU, shape (1, 1, X, Y, Z), to logits of shape (1, 3, X, Y, Z).
    """

    logits: Callable[[Tensor], Tensor]


def trained_network(
    module: SegmentationModule, checkpoint: Path, *, precision: Any, mirror_axes: Sequence[int]
) -> TrainedNetwork:
    """Load a checkpoint into its module and put it where it runs fastest, see `placed`.

    Raises:
        InputError: The checkpoint is missing, or holds another network's weights.
    """
    return placed(load_weights(module, checkpoint), precision=precision, mirror_axes=mirror_axes)


def placed(module: SegmentationModule, *, precision: Any, mirror_axes: Sequence[int]) -> TrainedNetwork:
    """Put a module that has its weights where it runs fastest.

    Args:
        module: With its weights, in evaluation mode.
        precision: As in the training, in Lightning's words; 16 bits only where they are fast.
        mirror_axes: The network also sees the CT mirrored along each of these axes (0 is right-left), and its answers
            are averaged; as many times the work. Only axes along which the training mirrored, too.

    Returns:
        The network, to be asked.
    """
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)  # it says that it uses what it was told to use
    fabric = Fabric(accelerator="auto", devices=1, precision=precision_for_prediction(precision))
    network = fabric.setup_module(module)
    views = [(), *((axis + 2,) for axis in mirror_axes)]

    def logits(ct: Tensor) -> Tensor:
        ct = fabric.to_device(ct)
        return torch.stack([network(ct.flip(view)).flip(view) for view in views]).mean(0)

    return TrainedNetwork(logits)
