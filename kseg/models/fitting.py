"""Does a network go with its patches, and with which of its parameters?"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from kseg.errors import InputError
from kseg.models.deep_supervision import answers
from kseg.models.segmentation import SegmentationModule

OF_A_SIZE = "set patches.patch_size, for most networks to multiples of 16, for SwinUNETR of 32"


def fit_to_patches(module: SegmentationModule, patch_size: Sequence[int]) -> None:
    """Send a patch's shape through the network, without computing anything, before minutes are spent on preparing.

    Parameters that its answer does not depend on are no longer trained: MONAI's UNETR has some, and a training in
    several processes would wait for their gradients.

    Args:
        module: To be trained.
        patch_size: Voxels along each axis.

    Raises:
        InputError: The network takes no patch of this size, or answers with other channels than the objective has.
    """
    size = " x ".join(map(str, patch_size))
    network = deepcopy(module.network).train()  # batch norm counts what it sees
    logging.getLogger("torch._subclasses.fake_tensor").setLevel(logging.CRITICAL)  # it tells a traceback beside raising
    with FakeTensorMode(allow_non_fake_inputs=True):
        try:
            output = answers(network(torch.zeros(2, 1, *patch_size)))
        except (RuntimeError, ValueError, AssertionError) as error:
            raise InputError(f"the network takes no patch of {size} ({_first_line(error)}); {OF_A_SIZE}") from error
    channels, *found = output[0].shape[1:]
    if found != list(patch_size):
        raise InputError(f"the network answers a patch of {size} with {' x '.join(map(str, found))}; {OF_A_SIZE}")
    if channels != module.objective.channels:
        raise InputError(
            f"the network answers with {channels} channels instead of {module.objective.channels}; "
            "give its YAML out_channels: ${model.objective.channels}"
        )
    used = {id(parameter) for parameter in _parameters_behind(output)}
    for parameter, copied in zip(module.network.parameters(), network.parameters(), strict=True):
        if id(copied) not in used:
            parameter.requires_grad_(False)


def _parameters_behind(output: Iterable[Tensor]) -> Iterator[nn.Parameter]:
    """Follow the backward pass without taking it."""
    seen: set[Any] = set()
    ahead: list[Any] = [answer.grad_fn for answer in output]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        ahead.extend(following for following, _ in node.next_functions)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
