"""A CT in memory, by one or several trained networks, to the label map on its own grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kseg.data.preparation import Preparation
from kseg.images import Volume
from kseg.labels import Label
from kseg.prediction.network import TrainedNetwork


@dataclass(frozen=True)
class Outlined:
    """What came out of one CT.

    Args:
        label_map: On the CT's own grid, see `kseg.labels.Label`.
        searched: Whether the kidneys were found on a coarse grid and outlined in their box; else the whole CT was.
        remarks: What a reader should know of how it came about, such as why the whole CT was searched.
    """

    label_map: NDArray[np.uint8]
    searched: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outliner:
    """Outlines CTs, one after the other.

    Args:
        networks: One, or several whose shares are averaged; all of them see the same prepared CT in windows of the
            same size.
        preparation: The one that they were trained with.
        divided: Whether they were taught to tell cortex from medulla; if not, all parenchyma is `UNDIVIDED`.
        search: Whether the kidneys are looked for on a coarse grid first, and outlined in their box.
    """

    networks: Sequence[TrainedNetwork]
    preparation: Preparation
    divided: bool = True
    search: bool = True

    def outline(self, ct: Volume) -> Outlined:
        """Label one CT.

        Args:
            ct: In HU, of any orientation.

        Returns:
            Its label map and how it came about.
        """
        placement = self.preparation.place(ct)
        prepared = self.preparation.normalize(torch.from_numpy(placement.resample_ct(ct.voxels)))[None, None]
        with torch.inference_mode():
            shares = torch.stack([network.logits(prepared)[0].float().softmax(0).cpu() for network in self.networks])
        scores = shares.mean(0)
        return Outlined(placement.restore(scores if self.divided else joined(scores)), searched=False)


def joined(scores: Tensor) -> Tensor:
    """Take cortex and medulla together as undivided parenchyma.

    Args:
        scores: Shares of the classes, shape (3, X, Y, Z).

    Returns:
        Shape (4, X, Y, Z), the channels numbered as in `kseg.labels.Label`.
    """
    nothing = torch.zeros_like(scores[0])
    return torch.stack([scores[Label.BACKGROUND], nothing, nothing, scores[Label.MEDULLA] + scores[Label.CORTEX]])
