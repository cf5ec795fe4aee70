"""How is a network taught that answers at several resolutions?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import interpolate

STACKED_DIMENSIONS = 6
"""DynUNet stacks its answers along one more dimension than an answer has: (B, levels, C, X, Y, Z)."""


def answers(output: Tensor | list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]:
    """Bring the three forms of MONAI's networks into one.

    Args:
        output: One answer (most networks), several stacked (DynUNet), a list (SegResNetDS) or a tuple (MedNeXt).

    Returns:
        Shape (B, C, ...) each, the finest first.
    """
    if isinstance(output, Tensor):
        return list(output.unbind(1)) if output.ndim == STACKED_DIMENSIONS else [output]
    return list(output)


def supervised(loss: Callable[[Tensor, Tensor], Tensor], output: list[Tensor], label_map: Tensor) -> Tensor:
    """The mean of all answers' losses, each level weighing half as much as the finer one (Isensee et al. 2021).

    Args:
        loss: From an answer and the label map of its own size to a number, or to parts of one, shape (parts,).
        output: The answers, see `answers`.
        label_map: Shape (B, 1, X, Y, Z); for smaller answers, every so many voxels of it.

    Returns:
        A number, or its parts.
    """
    weights = [0.5**level for level in range(len(output))]
    losses = [weight * loss(one, _of_size(label_map, one)) for weight, one in zip(weights, output, strict=True)]
    return torch.stack(losses).sum(0) / sum(weights)


def _of_size(label_map: Tensor, answer: Tensor) -> Tensor:
    if label_map.shape[2:] == answer.shape[2:]:
        return label_map
    return interpolate(label_map.float(), answer.shape[2:], mode="nearest-exact").to(label_map.dtype)
