"""Which of a metric's values is the worst."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def _farthest_from_zero(values: NDArray[np.float64]) -> float:
    return float(values[np.argmax(np.abs(values))])


WORST: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "dice": np.min,
    "nsd_": np.min,
    "hd95_": np.max,
    "assd_": np.max,
    "volume_error_": _farthest_from_zero,
}
"""By how a metric's name begins: shares are bad when low, distances when high, signed errors when far from zero."""


def worst(values: NDArray[np.float64], metric: str) -> float:
    """Pick the worst value.

    Args:
        values: Without NaN.
        metric: Its name.

    Returns:
        The value; NaN when there is none, or for a metric whose direction is not known.
    """
    for beginning, pick in WORST.items():
        if metric.startswith(beginning) and len(values):
            return float(pick(values))
    return math.nan
