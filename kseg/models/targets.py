"""What the network is asked to say at each voxel."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from kseg.labels import Label

CLASSES = 3
"""Background, medulla, cortex: the network's channels, numbered as in `Label`."""


def class_shares(label_map: Tensor, logits: Tensor) -> Tensor:
    """Turn labels into the share of each class at each voxel.

    A divided voxel belongs to one class. Undivided parenchyma is shared between medulla and cortex as the network
    itself divides it just now: cross-entropy against these shares has the gradient of -log(p_medulla + p_cortex), so
    such voxels teach it the parenchyma alone. A Dice loss sees their division as right already.

    Args:
        label_map: Integers of `Label`, shape (B, 1, X, Y, Z).
        logits: Of the classes, shape (B, 3, X, Y, Z).

    Returns:
        Shares that sum to one, shape (B, 3, X, Y, Z), float32, without gradient.
    """
    undivided = label_map == int(Label.UNDIVIDED)
    divided = torch.where(undivided, int(Label.BACKGROUND), label_map)
    shares = one_hot(divided[:, 0].long(), CLASSES).movedim(-1, 1).float()
    if not undivided.is_cuda and not undivided.any():  # a GPU is not waited for
        return shares
    own = logits.detach().float().clone()
    own[:, int(Label.BACKGROUND)] = -torch.inf
    return torch.where(undivided, own.softmax(1), shares)
