"""Which weights a network carries after training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, BinaryIO, TypeVar
from zipfile import is_zipfile

import torch
from torch import Tensor, nn

from kseg.errors import InputError

Module = TypeVar("Module", bound=nn.Module)

UNREADABLE = (
    UnpicklingError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)
"""What torch raises at files that it did not write; `weights_only` lets nothing in them run."""


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


def weights_in(checkpoint: Path) -> dict[str, Tensor]:
    """Read a checkpoint's weights by their names; nothing in the file is run.

    Args:
        checkpoint: Written by Lightning.

    Raises:
        InputError: The file is missing, or holds anything but numbers, words and their containers.
    """
    if not checkpoint.is_file():
        raise InputError(f"{checkpoint}: no such checkpoint; the training ended before its first epoch did")
    content = read_data(checkpoint, checkpoint)
    return checked_weights(content.get("state_dict") if isinstance(content, dict) else None, checkpoint)


def read_data(file: Path | BinaryIO, origin: Path) -> Any:
    """Read what torch has saved, as long as it is data alone.

    Args:
        file: A zip, as torch writes them for years; its older forms are refused.
        origin: Where it comes from, for the message.

    Returns:
        Tensors, numbers, words and their containers, on the CPU.

    Raises:
        InputError: It is something else, or would run something.
    """
    try:
        if is_zipfile(file):
            if not isinstance(file, Path):
                file.seek(0)  # it has been looked for the end of a zip
            return torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError as error:  # it tells how to run the file in spite of it
        raise InputError(f"{origin}: holds more than plain weights; nothing of it was run") from error
    except UNREADABLE as error:
        why = (str(error) or type(error).__name__).strip().splitlines()[0]
        raise InputError(f"{origin}: holds no weights that can be read ({why})") from error
    raise InputError(f"{origin}: is damaged, or nothing that torch wrote; nothing of it was run")


def checked_weights(content: Any, origin: Path) -> dict[str, Tensor]:
    """Refuse what is not weights by their names.

    Args:
        content: As it was read.
        origin: From where, for the message.

    Raises:
        InputError: It is something else.
    """
    if not isinstance(content, dict) or not all(isinstance(weights, Tensor) for weights in content.values()):
        raise InputError(f"{origin}: holds no weights of a network")
    return content


def give_weights(module: Module, weights: Mapping[str, Tensor], origin: Path) -> Module:
    """Give a module its weights, ready to predict.

    Args:
        module: The module that was trained, of the same config.
        weights: By their names.
        origin: From where, for the message.

    Returns:
        The module itself, in evaluation mode.

    Raises:
        InputError: They are another network's weights.
    """
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"{origin}: holds the weights of another network ({error})") from error
    return module.eval()


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
    return give_weights(module, weights_in(checkpoint), checkpoint)
