"""A CT in, a label map on the CT's own grid out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from kseg.data.preparation import Preparation
from kseg.images import read_volume, write_label_map
from kseg.labels import Label

Predictor = Callable[[Tensor], Tensor]
"""From a normalised prepared CT, shape (1, 1, X, Y, Z), to scores of the classes, shape (1, 3, X, Y, Z)."""


def predict_file(
    ct: Path, output: Path, *, preparation: Preparation, predictor: Predictor, divided: bool = True
) -> None:
    """Label one CT and write the label map; it has the CT's shape, affine and orientation, exactly.

    Args:
        ct: A NIfTI or NRRD file.
        output: The label map's file.
        preparation: The one that the predictor was trained with.
        predictor: The network by sliding window, on its own device.
        divided: Whether the network was taught to tell cortex from medulla; if not, all parenchyma is `UNDIVIDED`.

    Raises:
        InputError: The CT cannot be read.
    """
    volume = read_volume(ct)
    placement = preparation.place(volume)
    prepared = preparation.normalize(torch.from_numpy(placement.resample_ct(volume.voxels)))
    with torch.inference_mode():
        scores = predictor(prepared[None, None])[0].float().softmax(0).cpu()
    write_label_map(output, placement.restore(scores if divided else joined(scores)), ct)


def joined(scores: Tensor) -> Tensor:
    """Take cortex and medulla together as undivided parenchyma.

    Args:
        scores: Shares of the classes, shape (3, X, Y, Z).

    Returns:
        Shape (4, X, Y, Z), the channels numbered as in `kseg.labels.Label`.
    """
    nothing = torch.zeros_like(scores[0])
    return torch.stack([scores[Label.BACKGROUND], nothing, nothing, scores[Label.MEDULLA] + scores[Label.CORTEX]])
