"""A trained network, on the best device at hand."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lightning import Fabric
from monai.inferers.inferer import SlidingWindowInferer
from torch import Tensor, nn

from kseg.models.precision import precision_for_prediction
from kseg.models.segmentation import SegmentationModule
from kseg.models.weights import load_weights
from kseg.models.windows import in_slabs


def are_axes(axes: Any) -> bool:
    """Whether a setting is a list of different axes of a CT: 0, 1, 2, or none of them."""
    is_list = isinstance(axes, list) and all(type(axis) is int and 0 <= axis <= 2 for axis in axes)
    return is_list and len(set(axes)) == len(axes)


class TrainedNetwork:
    """A network that predicts, where it runs fastest.

    Args:
        module: With its weights, in evaluation mode.
        precision: As in the training, in Lightning's words; 16 bits only where they are fast.
        mirror_axes: The network also sees each window mirrored along each of these axes (0 is right-left), and its
            answers are averaged; as many times the work. Only axes along which the training mirrored, too.
    """

    def __init__(self, module: SegmentationModule, *, precision: Any, mirror_axes: Sequence[int]) -> None:
        logging.getLogger("lightning.fabric").setLevel(logging.WARNING)  # it says that it uses what it was told to use
        fabric = Fabric(accelerator="auto", devices=1, precision=precision_for_prediction(precision))
        self.inferer: SlidingWindowInferer = module.inferer
        self.glancing = copy.copy(module.inferer)
        self.glancing.overlap = 0.0
        self.views = [(), *((axis + 2,) for axis in mirror_axes)]
        self._objective = module.objective
        self._network = fabric.setup_module(_Answering(module))
        self._to_device = fabric.to_device

    def shares(self, ct: Tensor, normalize: Callable[[Tensor], Tensor], *, glance: bool = False) -> Iterator[Tensor]:
        """Label a prepared CT, or a part of one, from below upwards.

        Args:
            ct: In HU, shape (X, Y, Z), on the CPU.
            normalize: As in the training.
            glance: Whether each place is looked at but once, and not mirrored.

        Yields:
            The share of each class in the next planes, shape (3, X, Y, planes), float32, on the CPU.
        """
        inferer, views = (self.glancing, self.views[:1]) if glance else (self.inferer, self.views)

        def answer(windows: Tensor) -> Tensor:
            first, *others = (self._network(windows.flip(view)).flip(view) for view in views)
            seen: Tensor = sum(others, first) / len(views)
            return seen

        for channels in in_slabs(ct, inferer, answer, lambda planes: self._to_device(normalize(planes))):
            yield self._objective.class_logits(channels[None])[0].softmax(0).cpu()


def trained_network(
    module: SegmentationModule, checkpoint: Path, *, precision: Any, mirror_axes: Sequence[int]
) -> TrainedNetwork:
    """Load a checkpoint into its module and put it where it runs fastest.

    Args:
        module: The module that was trained, of the same config.
        checkpoint: Written by Lightning.
        precision: See `TrainedNetwork`.
        mirror_axes: See `TrainedNetwork`.

    Returns:
        The network, to be asked.

    Raises:
        InputError: The checkpoint is missing, or holds another network's weights.
    """
    return TrainedNetwork(load_weights(module, checkpoint), precision=precision, mirror_axes=mirror_axes)


class _Answering(nn.Module):
    """What Fabric wraps: windows in, the network's channels out."""

    def __init__(self, module: SegmentationModule) -> None:
        super().__init__()
        self.module = module

    def forward(self, windows: Tensor) -> Tensor:
        answer: Tensor = self.module.answer(windows)
        return answer
