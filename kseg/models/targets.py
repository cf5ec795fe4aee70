"""What the network is asked to say at each voxel, also where medulla and cortex are not told apart."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from kseg.labels import Label

CLASSES = 3
"""Background, medulla, cortex: the network's channels, numbered as in `Label`."""

MEDULLA, CORTEX = int(Label.MEDULLA), int(Label.CORTEX)
Either = Callable[[Tensor, Tensor], Tensor]
"""From the logits of two classes to that of both together."""

IMPOSSIBLE = -1e4
"""A logit of probability 0; not minus infinity, which losses multiply by 0."""


def class_shares(label_map: Tensor) -> Tensor:
    """Turn labels into the share of each class at each voxel; undivided parenchyma takes the place of the medulla.

    Args:
        label_map: Integers of `Label`, shape (B, 1, X, Y, Z).

    Returns:
        Ones and zeros, shape (B, 3, X, Y, Z), float32.
    """
    classes = torch.where(label_map == int(Label.UNDIVIDED), MEDULLA, label_map)
    return one_hot(classes[:, 0].long(), CLASSES).movedim(-1, 1).float()


def folded(logits: Tensor, label_map: Tensor, either: Either = torch.logaddexp) -> Tensor:
    """Take medulla and cortex together, in the place of the medulla, where the labels do not tell them apart.

    So any loss of logits and `class_shares` teaches such voxels by p_medulla + p_cortex alone.

    Args:
        logits: Of the classes, shape (B, 3, X, Y, Z).
        label_map: Integers of `Label`, shape (B, 1, X, Y, Z).
        either: From the logits of medulla and cortex to that of both together, see `Objective`.

    Returns:
        Logits, shape (B, 3, X, Y, Z).
    """
    undivided = label_map == int(Label.UNDIVIDED)
    if _is_none(undivided):
        return logits
    background, medulla, cortex = torch.split(logits, 1, 1)
    joined = torch.cat([background, either(medulla, cortex), torch.full_like(cortex, IMPOSSIBLE)], 1)
    return torch.where(undivided, joined, logits)


def told_apart(label_map: Tensor) -> Tensor:
    """Tell where an overlap of medulla or cortex can be judged.

    Args:
        label_map: Integers of `Label`, shape (B, 1, X, Y, Z).

    Returns:
        False at undivided voxels, and all over a patch that has these and no divided ones: what is drawn there of the
        cortex is nothing, whatever there is of it.
    """
    undivided = label_map == int(Label.UNDIVIDED)
    if _is_none(undivided):
        return ~undivided
    divided = (label_map == MEDULLA) | (label_map == CORTEX)
    dims = tuple(range(1, label_map.ndim))
    silent = undivided.sum(dims, keepdim=True).bool() & ~divided.sum(dims, keepdim=True).bool()
    return ~(undivided | silent)


def _is_none(mask: Tensor) -> bool:
    """Tell on a CPU that the work can be left out; a GPU is not waited for, and does it."""
    return not mask.is_cuda and not bool(mask.any())
