"""Which size of patches suits a cohort and a GPU's memory?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from kseg.errors import InputError

FIRST_EDGE = 256
"""Voxels along the edge of a cube as large as the first guess, which is certain to be too large."""

LEAST_EDGE = 4
"""Voxels along each axis of the network's coarsest level."""

FEATURES, MOST_FEATURES = 32, 320
"""Of the finest and of the coarsest level; they double from one to the next."""

CLASSES = 3

VALUES_A_GB = 560_000_000 / 8
"""Values of feature maps of one patch, with which nnU-Net's U-Net takes 1 GB in training, in a batch of two."""


def propose_patch_size(
    median_shape: Sequence[int], spacing_mm: Sequence[float], memory_gb: float, multiple_of: int = 1
) -> tuple[int, int, int]:
    """Find the largest patch of nnU-Net's shape that its U-Net can train on, in a batch of two.

    The rule of nnU-Net's planner (Isensee et al., Nat Methods 2021;18:203-211; `ExperimentPlanner` of nnunetv2 2.8): a
    cube in mm, no larger than the median case; while the U-Net's feature maps do not fit, the axis that shows most of
    the median case is shortened, each axis divisible by all of its halvings.

    Args:
        median_shape: Of the prepared cases, in voxels.
        spacing_mm: Of the prepared cases.
        memory_gb: Of the GPU; nnU-Net's own plans are made for 8.
        multiple_of: Each axis is shortened to a multiple of it, where one is left: for networks that halve all alike.

    Returns:
        Voxels along each axis.

    Raises:
        InputError: So little memory has room for no patch.
    """
    edge_mm = FIRST_EDGE * math.prod(spacing_mm) ** (1 / 3)
    guess = [min(round(edge_mm / length), most) for length, most in zip(spacing_mm, median_shape, strict=True)]
    patch, levels = _divisible(guess, spacing_mm)
    while feature_values(patch, levels) > VALUES_A_GB * memory_gb:
        axis = max(range(3), key=lambda axis: (patch[axis] / median_shape[axis], axis))
        coarser = _levels(_shorter(patch, axis, levels), spacing_mm)  # a step of the shorter patch may be a smaller one
        guess = _shorter(patch, axis, coarser)
        if guess[axis] < LEAST_EDGE:
            raise InputError(f"a GPU with {memory_gb:g} GB has no room for a patch; give patches.patch_size")
        patch, levels = _divisible(guess, spacing_mm)
    x, y, z = (max(1, length // multiple_of) * multiple_of for length in patch)
    return x, y, z


def feature_values(patch: Sequence[int], levels: Sequence[Sequence[int]]) -> int:
    """Count the values of a U-Net's feature maps: two convolutions a level down, two and a transposed one up.

    Args:
        patch: Voxels along each axis.
        levels: By how much each level's voxels are longer than those of the one before, along each axis.

    Returns:
        Of one patch.
    """
    size, values = list(patch), 0
    for level, strides in enumerate(levels):
        size = [length // stride for length, stride in zip(size, strides, strict=True)]
        maps = 2 if level == len(levels) - 1 else 5
        values += maps * min(MOST_FEATURES, FEATURES << level) * math.prod(size)
    return values + CLASSES * math.prod(patch)


def _levels(patch: Sequence[int], spacing_mm: Sequence[float]) -> list[list[int]]:
    """Halve the axes that are finest, until the finest are as coarse as the others, and as long as they are long."""
    size, spacing, levels = list(patch), list(spacing_mm), [[1, 1, 1]]
    while halved := _halved(size, spacing):
        levels.append([2 if axis in halved else 1 for axis in range(3)])
        size = [-(-length // stride) for length, stride in zip(size, levels[-1], strict=True)]
        spacing = [length * stride for length, stride in zip(spacing, levels[-1], strict=True)]
    return levels


def _halved(size: Sequence[int], spacing_mm: Sequence[float]) -> list[int]:
    long = [axis for axis in range(3) if size[axis] >= 2 * LEAST_EDGE]
    finest_mm = min((spacing_mm[axis] for axis in long), default=0.0)
    halved = [axis for axis in long if spacing_mm[axis] < 2 * finest_mm]
    return halved if len(halved) > 1 or any(size[axis] >= 3 * LEAST_EDGE for axis in halved) else []


def _divisible(patch: Sequence[int], spacing_mm: Sequence[float]) -> tuple[list[int], list[list[int]]]:
    levels = _levels(patch, spacing_mm)
    return [-(-length // step) * step for length, step in zip(patch, _steps(levels), strict=True)], levels


def _shorter(patch: Sequence[int], axis: int, levels: Sequence[Sequence[int]]) -> list[int]:
    return [
        length - step * (number == axis)
        for number, (length, step) in enumerate(zip(patch, _steps(levels), strict=True))
    ]


def _steps(levels: Sequence[Sequence[int]]) -> list[int]:
    return [math.prod(strides) for strides in zip(*levels, strict=True)]
