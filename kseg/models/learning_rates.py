"""Which parts of a network learn more slowly than the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer

from kseg.errors import InputError


def optimizer_of(
    network: nn.Module, make: Callable[[Iterable[Any]], Optimizer], slower: Mapping[str, float]
) -> Optimizer:
    """Make a network's optimiser, with its own learning rates for parts.

    Transformers want small learning rates, the convolutions around them larger ones.

    Args:
        network: Whose parameters learn.
        make: From parameters, or groups of them, to an optimiser.
        slower: How the names of a part's parameters begin, with the share of the learning rate at which it learns.

    Returns:
        The optimiser; its first group is the rest of the network.

    Raises:
        InputError: No parameter's name begins so.
    """
    parts: dict[str, list[nn.Parameter]] = {"": [], **{beginning: [] for beginning in slower}}
    for name, parameter in network.named_parameters():
        parts[next((beginning for beginning in slower if name.startswith(beginning)), "")].append(parameter)
    absent = [beginning for beginning in slower if not parts[beginning]]
    if absent:
        raise InputError(f"model.slower names {', '.join(absent)}; no parameter of this network is called so")
    optimizer = make([{"params": parameters} for parameters in parts.values()])
    for beginning, group in zip(parts, optimizer.param_groups, strict=True):
        group["lr"] *= slower.get(beginning, 1.0)
    return optimizer
