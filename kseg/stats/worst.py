"""Which of a metric's values is the worst."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kseg.scales import is_known, lower_is_better, signed


def worst(values: NDArray[np.float64], metric: str) -> float:
    """Pick the worst value: the farthest from 0 of signed ones, the largest of distances, the smallest of shares.

    Args:
        values: Without NaN.
        metric: Its name.

    Returns:
        The value; NaN when there is none, or for a metric of which `kseg.scales` does not know what is bad.
    """
    if not len(values) or not is_known(metric):
        return math.nan
    if signed(metric):
        return float(values[np.argmax(np.abs(values))])
    return float(np.max(values) if lower_is_better(metric) else np.min(values))
