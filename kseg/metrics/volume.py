"""How large is a mask, and by how much is it too large or too small."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MM3_PER_ML = 1000


def volume_ml(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> float:
    """Measure a mask.

    Args:
        mask: True inside, shape (X, Y, Z).
        spacing_mm: The distance between voxels along each axis.

    Returns:
        Its volume; 0 when it is empty.
    """
    return np.count_nonzero(mask) * math.prod(spacing_mm) / MM3_PER_ML


def volume_error_ml(
    reference_mask: NDArray[np.bool_], predicted_mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> float:
    """Subtract the outline's volume from the prediction's.

    Args:
        reference_mask: True inside the outline, shape (X, Y, Z).
        predicted_mask: True inside the prediction, the same shape.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        Positive where the prediction is too large; minus the whole volume where nothing was predicted.
    """
    return volume_ml(predicted_mask, spacing_mm) - volume_ml(reference_mask, spacing_mm)


def absolute_volume_error_ml(
    reference_mask: NDArray[np.bool_], predicted_mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> float:
    """Measure how far the prediction's volume lies from the outline's, in either direction.

    Args:
        reference_mask: True inside the outline, shape (X, Y, Z).
        predicted_mask: True inside the prediction, the same shape.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        The size of `volume_error_ml`: errors of opposite signs do not cancel in a mean of these.
    """
    return abs(volume_error_ml(reference_mask, predicted_mask, spacing_mm))


def volume_error_percent(
    reference_mask: NDArray[np.bool_], predicted_mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> float:
    """Relate the error of the volume to the outline's volume.

    Args:
        reference_mask: True inside the outline, shape (X, Y, Z).
        predicted_mask: True inside the prediction, the same shape.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        Positive where the prediction is too large; NaN when the outline is empty.
    """
    reference_ml = volume_ml(reference_mask, spacing_mm)
    if reference_ml == 0:
        return math.nan
    return 100 * volume_error_ml(reference_mask, predicted_mask, spacing_mm) / reference_ml


def absolute_volume_error_percent(
    reference_mask: NDArray[np.bool_], predicted_mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> float:
    """Relate the absolute error of the volume to the outline's volume.

    Args:
        reference_mask: True inside the outline, shape (X, Y, Z).
        predicted_mask: True inside the prediction, the same shape.
        spacing_mm: The distance between voxels along each axis.

    Returns:
        The size of `volume_error_percent`; NaN when the outline is empty.
    """
    return abs(volume_error_percent(reference_mask, predicted_mask, spacing_mm))
