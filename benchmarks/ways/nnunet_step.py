"""Training steps by nnU-Net v2's own trainer, on a network of a given shape."""

from __future__ import annotations

import copy
from time import perf_counter
from typing import Any

import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from side_by_side.task import Task

from ways.nnunet import ALL_CASES, CONFIGURATION, dataset_and_plans, make_ready

WARM_UP = 3


def timed_steps(task: Task, steps: int, *, filters: list[int]) -> dict[str, Any]:
    """Take steps of the trainer.

    Args:
        task: Says how large patches are.
        steps: To time.
        filters: Of the network's levels; each halves all axes.

    Returns:
        `loop`: seconds of each step.
    """
    make_ready(task)  # the trainer looks at its cases, though no step is on them
    dataset, plans = dataset_and_plans(task)
    plans = copy.deepcopy(plans)
    levels = len(filters)
    plans["configurations"][CONFIGURATION]["architecture"]["arch_kwargs"].update(
        n_stages=levels,
        features_per_stage=filters,
        kernel_sizes=[[3] * 3] * levels,
        strides=[[1] * 3, *[[2] * 3] * (levels - 1)],
        n_conv_per_stage=[2] * levels,
        n_conv_per_stage_decoder=[2] * (levels - 1),
    )
    trainer = nnUNetTrainer(plans, CONFIGURATION, ALL_CASES, dataset, device=torch.device("cpu"))
    trainer.initialize()
    trainer.network.train()
    batch = _batch(task, levels)
    taken = []
    for _ in range(WARM_UP + steps):
        began = perf_counter()
        trainer.train_step(batch)
        taken.append(perf_counter() - began)
    return {"loop": taken[WARM_UP:]}


def _batch(task: Task, levels: int) -> dict[str, Any]:
    """A target for each level but the coarsest, as deep supervision wants them."""
    sizes = [task.size // 2**level for level in range(levels - 1)]
    targets = [torch.randint(3, (task.batch_size, 1, *[size] * 3)).float() for size in sizes]
    return {"data": torch.randn(task.batch_size, 1, *[task.size] * 3), "target": targets}
