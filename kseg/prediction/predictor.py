"""A trained network as a plain function, on the best device at hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import Fabric, LightningModule
from torch import Tensor

from kseg.models.precision import precision_for_prediction
from kseg.models.weights import load_weights


def trained_predictor(
    module: LightningModule, checkpoint: Path, *, precision: Any, mirror_axes: Sequence[int]
) -> Callable[[Tensor], Tensor]:
    """Load a checkpoint into its module and put it where it runs fastest.

    Args:
        module: The module that was trained, of the same config; its `forward` labels a whole case.
        checkpoint: Written by Lightning.
        precision: As in the training, in Lightning's words; bf16 only where it is fast.
        mirror_axes: The network also sees the CT mirrored along each of these axes (0 is right-left), and its answers
            are averaged; as many times the work. Only axes along which the training mirrored, too.

    Returns:
        From a normalised CT on the CPU, shape (1, 1, X, Y, Z), to logits of shape (1, 3, X, Y, Z).

    Raises:
        InputError: The checkpoint is missing, or holds another network's weights.
    """
    return predictor_of(load_weights(module, checkpoint), precision=precision, mirror_axes=mirror_axes)


def predictor_of(module: LightningModule, *, precision: Any, mirror_axes: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """The same of a module that carries its weights already, see `trained_predictor`."""
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)  # it says that it uses what it was told to use
    fabric = Fabric(accelerator="auto", devices=1, precision=precision_for_prediction(precision))
    network = fabric.setup_module(module)

    views = [(), *((axis + 2,) for axis in mirror_axes)]

    def predict(ct: Tensor) -> Tensor:
        ct = fabric.to_device(ct)
        return torch.stack([network(ct.flip(view)).flip(view) for view in views]).mean(0)

    return predict
