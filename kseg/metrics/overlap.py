"""How much of two masks do they share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def dice(
    reference_mask: NDArray[np.bool_],
    predicted_mask: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> float:
    """Compare two masks by Dice's coefficient, `2 |A and B| / (|A| + |B|)`.

    Args:
        reference_mask: True inside the outline, any shape.
        predicted_mask: True inside the prediction, the same shape.
        spacing_mm: Taken because every metric takes it; a share of voxels does not depend on it.

    Returns:
        From 0 (nothing in common, or one mask is empty) to 1 (equal); NaN when both masks are empty.

    Reference:
        Dice LR. Measures of the amount of ecologic association between species. Ecology 1945;26(3):297-302.
    """
    voxels = np.count_nonzero(reference_mask) + np.count_nonzero(predicted_mask)
    if voxels == 0:
        return math.nan
    return 2 * np.count_nonzero(reference_mask & predicted_mask) / voxels
