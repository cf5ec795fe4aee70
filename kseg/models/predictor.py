"""A trained network as a plain function, on the best device at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning import Fabric, LightningModule
from torch import Tensor

from kseg.models.weights import load_weights


def trained_predictor(module: LightningModule, checkpoint: Path, *, precision: Any) -> Callable[[Tensor], Tensor]:
    """Load a checkpoint into its module and put it where it runs fastest.

    Args:
        module: The module that was trained, of the same config; its `forward` labels a whole case.
        checkpoint: Written by Lightning.
        precision: As in the training, in Lightning's words.

    Returns:
        From a normalised CT on the CPU, shape (1, 1, X, Y, Z), to logits of shape (1, 3, X, Y, Z).

    Raises:
        InputError: The checkpoint is missing, or holds another network's weights.
    """
    fabric = Fabric(accelerator="auto", devices=1, precision=precision)
    network = fabric.setup_module(load_weights(module, checkpoint))

    def predict(ct: Tensor) -> Tensor:
        logits: Tensor = network(fabric.to_device(ct))
        return logits

    return predict
