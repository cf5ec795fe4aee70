"""In what form does a network say which class a voxel belongs to?

Either way its answer becomes one logit a class, so that losses, sliding window and prediction know one form only.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import softplus

from kseg.errors import InputError
from kseg.labels import Label

MEDULLA, CORTEX = int(Label.MEDULLA), int(Label.CORTEX)


class Objective(Protocol):
    """What a network is asked.

    Attributes:
        channels: Of the network's output.
        overlapping: The structures whose overlap with the outlines is taught, each as the classes it consists of.
    """

    channels: int
    overlapping: tuple[tuple[int, ...], ...]

    def class_logits(self, output: Tensor) -> Tensor:
        """Turn a network's output, shape (B, channels, X, Y, Z), into logits of the classes, (B, 3, X, Y, Z)."""

    def either(self, medulla: Tensor, cortex: Tensor) -> Tensor:
        """Take both together where an outline does not tell them apart: log(exp + exp), of any shape.

        What is learned by it leaves the division as it is.
        """


class Classes:
    """One channel a class: background, medulla, cortex; medulla and cortex are taught to overlap.

    Args:
        channels: Three.

    Raises:
        InputError: Another number.
    """

    overlapping = ((MEDULLA,), (CORTEX,))

    def __init__(self, channels: int) -> None:
        self.channels = _checked(channels, 3, "classes")

    def class_logits(self, output: Tensor) -> Tensor:
        """The output itself, float32."""
        return output.float()

    def either(self, medulla: Tensor, cortex: Tensor) -> Tensor:
        """The gradient moves both alike; by itself it would favour the likelier: the network would believe itself."""
        both, middle = torch.logaddexp(medulla, cortex), (medulla + cortex) / 2
        return middle + (both - middle).detach()


class NestedRegions:
    """Two channels: is it parenchyma, and if it is, is it cortex? So p(cortex) <= p(parenchyma), by construction.

    Parenchyma and cortex are taught to overlap, as they are judged. An undivided voxel teaches the first channel alone.

    Args:
        channels: Two.

    Raises:
        InputError: Another number.
    """

    overlapping = ((MEDULLA, CORTEX), (CORTEX,))

    def __init__(self, channels: int) -> None:
        self.channels = _checked(channels, 2, "regions")

    def class_logits(self, output: Tensor) -> Tensor:
        """Logarithms of the classes' probabilities, float32.

        log(sigmoid(x)) as -softplus(-x): in ONNX it would be taken as it is written, and is -inf below about -104.
        """
        parenchyma, cortex = output.float().unbind(1)
        outside = softplus(-parenchyma)
        return -torch.stack([softplus(parenchyma), outside + softplus(cortex), outside + softplus(-cortex)], 1)

    def either(self, medulla: Tensor, cortex: Tensor) -> Tensor:
        """The cortex's channel falls out of the sum, and so of its gradient."""
        return torch.logaddexp(medulla, cortex)


def _checked(channels: int, needed: int, name: str) -> int:
    if channels != needed:
        raise InputError(f"model.objective.channels is {channels}; {name} take {needed}")
    return channels
