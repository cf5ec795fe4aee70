"""Which stage of kidney disease is an eGFR?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kseg.errors import InputError

KDIGO_STAGES = {"G1": 90, "G2": 60, "G3a": 45, "G3b": 30, "G4": 15, "G5": 0}
"""Each stage's lower bound of eGFR in mL/min/1.73 m^2, see `kdigo_stage`."""

NO_GROUP = "without a group"
"""What a user reads where a group is empty."""


def check_cut_points(cut_points: Mapping[str, float]) -> None:
    """Make sure that every eGFR falls into exactly one group.

    Args:
        cut_points: Each group's lower bound in mL/min/1.73 m^2, in the order of the groups.

    Raises:
        InputError: There are none, they do not fall from one to the next, or the last is not 0.
    """
    bounds = list(cut_points.values())
    said = ", ".join(f"{group}: {bound:g}" for group, bound in cut_points.items())
    if not bounds or bounds[-1] != 0:
        raise InputError(f"cut points {{{said}}}: the last group must start at 0, so that no eGFR lies below it")
    if any(lower >= upper for upper, lower in pairwise(bounds)):
        raise InputError(f"cut points {{{said}}}: each group must start below the one before it")


def egfr_group(egfr: ArrayLike, cut_points: Mapping[str, float]) -> NDArray[np.object_]:
    """Sort eGFRs into groups; a bound belongs to the group that starts at it, and nothing is rounded before.

    Args:
        egfr: mL/min/1.73 m^2, any shape; NaN where it is missing.
        cut_points: Each group's lower bound, in the order of the groups, as `check_cut_points` wants them.

    Returns:
        Names of groups, of eGFR's shape; empty where eGFR is missing.

    Reference:
        As for `kdigo_stage`, whose bounds the default cut points are, with G3a and G3b, G4 and G5 taken together.

    >>> egfr_group([90, 89.99], {"control": 90, "mild": 60, "moderate": 30, "severe": 0}).tolist()
    ['control', 'mild']
    """
    values = np.asarray(egfr, dtype=np.float64)
    bounds = np.array(list(cut_points.values()))
    names = np.array([*cut_points, ""], dtype=object)
    reached = values[..., None] >= bounds
    return np.asarray(names[np.where(reached.any(-1), reached.argmax(-1), len(bounds))])


def kdigo_stage(egfr: ArrayLike) -> NDArray[np.object_]:
    """Sort eGFRs into the stages of KDIGO, half-open on the unrounded value.

    Args:
        egfr: mL/min/1.73 m^2, any shape; NaN where it is missing.

    Returns:
        `G1` to `G5`, of eGFR's shape; empty where eGFR is missing.

    Reference:
        KDIGO 2024 clinical practice guideline for the evaluation and management of chronic kidney disease.
        Kidney Int 2024;105(4S):S117-S314.

    >>> kdigo_stage([90, 59.99, 15]).tolist()
    ['G1', 'G3a', 'G4']
    """
    return egfr_group(egfr, KDIGO_STAGES)
