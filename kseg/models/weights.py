"""Which weights a network carries after training."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from zipfile import is_zipfile

import torch
from torch import nn

from kseg.errors import InputError

Module = TypeVar("Module", bound=nn.Module)


def steps_in(checkpoint: Path) -> int:
    """Count the steps after which a checkpoint was written; nothing in the file is run.

    Raises:
        InputError: The file is cut off.
    """
    if not is_zipfile(checkpoint):  # its index is the last that torch writes
        raise InputError(
            f"{checkpoint}: is damaged, no training can go on from it; put best.ckpt, if there is one, in its place, "
            "or remove it to train from the beginning"
        )
    return int(torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)["global_step"])


def load_weights(module: Module, checkpoint: Path) -> Module:
    """Give a module a checkpoint's weights, ready to predict; nothing else in the file is run.

    Args:
        module: The module that was trained, of the same config.
        checkpoint: Written by Lightning.

    Returns:
        The module itself, in evaluation mode.

    Raises:
        InputError: The file is missing or damaged, or holds another network's weights.
    """
    if not checkpoint.is_file():
        raise InputError(f"{checkpoint}: no such checkpoint; the training ended before its first epoch did")
    if not is_zipfile(checkpoint):
        raise InputError(f"{checkpoint}: is damaged")
    content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    try:
        module.load_state_dict(content["state_dict"])
    except RuntimeError as error:
        raise InputError(f"{checkpoint}: holds the weights of another network ({error})") from error
    return module.eval()
