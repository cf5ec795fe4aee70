"""How does a network answer a whole CT through windows, holding a few planes of its answer at a time?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from monai.data.utils import compute_importance_map
from monai.inferers.inferer import SlidingWindowInferer
from monai.utils.misc import ensure_tuple_rep
from torch import Tensor


def in_slabs(
    ct: Tensor, inferer: SlidingWindowInferer, answer: Callable[[Tensor], Tensor], prepare: Callable[[Tensor], Tensor]
) -> Iterator[Tensor]:
    """Answer a CT a row of windows at a time, from below upwards; each slab is told once no further window reaches it.

    Together the slabs are what MONAI answers at once. As many planes as a window has are held, however tall the CT is.

    Args:
        ct: Shape (X, Y, Z), of any type, on any device.
        inferer: How large windows are, how far they overlap, how they are blended.
        answer: From windows, shape (B, 1, x, y, z), to channels, shape (B, C, x, y, z).
        prepare: Turns some planes of the CT into what the network sees, on the device where answers are held.

    Yields:
        The next planes of the answer, shape (C, X, Y, planes); all of them together have Z planes.
    """
    window, overlap = window_size(inferer)[2], float(ensure_tuple_rep(inferer.overlap, 3)[2])
    planes = min(window, ct.shape[-1])
    starts = window_starts(ct.shape[-1], window, overlap)
    held = weights = row_weights = torch.empty(0)
    for start, following in zip(starts, [*starts[1:], ct.shape[-1]], strict=True):
        row = inferer(prepare(ct[..., start : start + planes])[None, None], answer)[0]
        if len(starts) == 1:
            yield row
            return
        if start == 0:
            row_weights = _row_weights(row.shape[1:], inferer, row.device)
            held, weights = torch.zeros_like(row), torch.zeros_like(row_weights)
        held += row.mul_(row_weights)
        weights += row_weights
        done = following - start
        yield held[..., :done] / weights[..., :done]
        _move(held, done)
        _move(weights, done)


def window_starts(length: int, window: int, overlap: float) -> list[int]:
    """Where windows begin along an axis, as MONAI places them: the last one ends where the axis does.

    Args:
        length: Voxels along the axis.
        window: Voxels of a window.
        overlap: The share of a window that the next one covers, too.

    Returns:
        The first voxel of each.
    """
    if length <= window:
        return [0]
    step = max(1, int(window * (1 - overlap)))
    return [min(number * step, length - window) for number in range(math.ceil((length - window) / step) + 1)]


def count_windows(shape: Sequence[int], inferer: SlidingWindowInferer) -> int:
    """How often a network is asked for an answer of this shape."""
    overlaps = ensure_tuple_rep(inferer.overlap, 3)
    sides = zip(shape, window_size(inferer), overlaps, strict=True)
    return math.prod(len(window_starts(*side)) for side in sides)


def window_size(inferer: SlidingWindowInferer) -> tuple[int, int, int]:
    """Voxels of a window along each axis."""
    x, y, z = ensure_tuple_rep(inferer.roi_size, 3)
    return x, y, z


def _row_weights(shape: Sequence[int], inferer: SlidingWindowInferer, device: torch.device) -> Tensor:
    """The sum of all windows' weights in a row that is as high as a window, shape (X, Y, planes)."""
    size, overlaps = window_size(inferer), ensure_tuple_rep(inferer.overlap, 3)
    window = compute_importance_map(size, inferer.mode, inferer.sigma_scale, device)
    padded = [max(length, side) for length, side in zip(shape, size, strict=True)]
    weights = window.new_zeros(padded)
    for x in window_starts(padded[0], size[0], overlaps[0]):
        for y in window_starts(padded[1], size[1], overlaps[1]):
            weights[x : x + size[0], y : y + size[1]] += window
    spare = [(there - length) // 2 for there, length in zip(padded, shape, strict=True)]
    return weights[spare[0] : spare[0] + shape[0], spare[1] : spare[1] + shape[1]].contiguous()


def _move(held: Tensor, planes: int) -> None:
    """Drop the first planes, and make room for as many at the end."""
    kept = max(0, held.shape[-1] - planes)
    held[..., :kept] = held[..., planes:].clone()
    held[..., kept:] = 0
