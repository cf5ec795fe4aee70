"""Which class is a voxel given, once it is known how likely each is?"""

from __future__ import annotations

import torch
from torch import Tensor

from kseg.labels import Label


def decide(shares: Tensor) -> Tensor:
    """Give a voxel to the parenchyma if its classes together outweigh the background, and then to the likeliest.

    A border voxel of .4 background, .3 medulla and .3 cortex is parenchyma: as in the outlines, what covers half of a
    voxel has it. So cortex never lies outside of the parenchyma.

    Args:
        shares: The classes' probabilities, shape (C, ...), numbered as in `kseg.labels.Label`.

    Returns:
        The label map (uint8), shape (...).
    """
    best, *others = shares[int(Label.MEDULLA) :]
    likeliest = torch.full(best.shape, int(Label.MEDULLA), dtype=torch.uint8, device=best.device)
    for label, share in enumerate(others, int(Label.MEDULLA) + 1):  # argmax takes five times as long
        likeliest[share > best] = label
        best = torch.maximum(best, share)
    return torch.where(is_parenchyma(shares), likeliest, int(Label.BACKGROUND))


def is_parenchyma(shares: Tensor) -> Tensor:
    """Tell where `decide` finds parenchyma of any class, in a fraction of the time.

    Args:
        shares: See `decide`.

    Returns:
        Booleans, shape (...).
    """
    return shares[int(Label.MEDULLA) :].sum(0) >= shares[int(Label.BACKGROUND)]
