"""What does a training step take, before there is one?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from kseg.models.deep_supervision import answers
from kseg.models.segmentation import SegmentationModule


@dataclass(frozen=True)
class StepSize:
    """What one training step takes.

    Args:
        parameters: That are trained.
        weight_bytes: The parameters, their gradients and what the optimiser keeps for each.
        activation_bytes: What the forward pass keeps for the backward pass, for the whole batch.
        flops_a_patch: Floating-point operations of one patch, forward and backward; the latter takes twice the former.
    """

    parameters: int
    weight_bytes: int
    activation_bytes: int
    flops_a_patch: int

    @property
    def memory_gb(self) -> float:
        """The step's peak, without what convolutions take for themselves while they work."""
        return (self.weight_bytes + self.activation_bytes) / 1e9


def step_size(module: SegmentationModule, patch_size: Sequence[int], batch_size: int, *, half: bool) -> StepSize:
    """Tell what a step takes from the shapes alone: nothing is computed, so that any machine can tell it of any other.

    Args:
        module: As it would be trained.
        patch_size: Voxels along each axis.
        batch_size: Patches.
        half: Whether autocast computes in 16 bits.

    Returns:
        The step's size.
    """
    kept = _Kept(module.network)
    with FakeTensorMode(allow_non_fake_inputs=True), FlopCounterMode(display=False) as counted:
        ct = torch.zeros(batch_size, 1, *patch_size)
        with saved_tensors_hooks(kept.add, _as_it_is), torch.autocast("cpu", torch.bfloat16, enabled=half):
            for answer in answers(module.network(ct)):
                logits = module.objective.class_logits(answer)
                cross_entropy(logits, logits.detach().softmax(1)).add_(logits.softmax(1).sum())  # as large as any loss
    parameters = sum(one.numel() for one in module.network.parameters() if one.requires_grad)
    own_bytes = sum(one.numel() * one.element_size() for one in module.network.parameters())
    return StepSize(
        parameters=parameters,
        weight_bytes=own_bytes + 4 * parameters * (1 + _kept_by_optimizer(module)),
        activation_bytes=sum(kept.bytes.values()),
        flops_a_patch=3 * counted.get_total_flops() // batch_size,
    )


class _Kept:
    """Counts the memory that autograd keeps; what several tensors share, once, and the weights not at all."""

    def __init__(self, network: nn.Module) -> None:
        self.weights = {one.untyped_storage()._cdata for one in network.parameters()}
        self.bytes: dict[int, int] = {}
        self.alive: list[Tensor] = []  # so that no other is taken for one of these

    def add(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self.weights:
            self.bytes[storage._cdata] = storage.nbytes()
            self.alive.append(tensor)
        return tensor


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


def _kept_by_optimizer(module: SegmentationModule) -> int:
    """How many numbers the optimiser keeps for a parameter: two for Adam, one for momentum."""
    parameter = nn.Parameter(torch.zeros(3))
    optimizer = module.optimizer([parameter])
    parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    kept = [value for value in optimizer.state[parameter].values() if isinstance(value, Tensor)]
    return sum(math.prod(value.shape) for value in kept if value.shape == parameter.shape) // parameter.numel()
