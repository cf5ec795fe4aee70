"""What is measured in one label map: the patient's two kidneys, and each by itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kseg.images import bounding_box
from kseg.labels import BOTH_SIDES, STRUCTURES, Label
from kseg.metrics.score import structure_ml
from kseg.metrics.sides import Side, Sides
from kseg.metrics.thickness import Bases, cortical_thickness_mm, pyramid_bases

FRACTION, THICKNESS = "cortical_fraction", "cortical_thickness_mm"
DIGITS = {FRACTION: 3, THICKNESS: 2}
ML_DIGITS = 2
"""Of decimals: more say nothing, a voxel of 0.8 x 0.8 x 5 mm is 0.003 ml."""


def measure(
    label_map: NDArray[np.uint8], sides: Sides, spacing_mm: tuple[float, float, float], *, divided: bool
) -> dict[str, float]:
    """Measure the kidneys.

    Args:
        label_map: Shape (X, Y, Z), see `kseg.labels.Label`.
        sides: Of its parenchyma, from `kseg.metrics.sides.tell_sides_apart`.
        spacing_mm: The distance between voxels along each axis.
        divided: Whether cortex and medulla were told apart.

    Returns:
        Volumes in ml, the cortex's share of the parenchyma, the mean cortical thickness in mm (see
        `kseg.metrics.thickness`): of both kidneys as `parenchyma_ml` and so on, of each as `parenchyma_right_ml`. NaN
        where a side has no kidney, or where cortex and medulla were not told apart.
    """
    box = bounding_box(label_map != Label.BACKGROUND)
    drawn, of_side = label_map[box], sides.voxels[box]
    kidneys = {side.name.lower(): np.where(of_side == side, drawn, np.uint8(0)) for side in Side}
    bases = {name: _bases(kidney, spacing_mm) for name, kidney in kidneys.items()}
    measured: dict[str, float] = {}
    for name, voxels in {BOTH_SIDES: drawn, **kidneys}.items():
        seen = list(bases.values()) if name == BOTH_SIDES else [bases[name]]
        values = _volumes(voxels, spacing_mm, divided=divided, missing=0.0 if name == BOTH_SIDES else math.nan)
        values[THICKNESS] = cortical_thickness_mm(*seen) if divided else math.nan
        measured |= {_column(value, name): _rounded(value, number) for value, number in values.items()}
    return measured


def _bases(kidney: NDArray[np.uint8], spacing_mm: tuple[float, float, float]) -> Bases:
    return pyramid_bases(kidney != Label.BACKGROUND, kidney == Label.MEDULLA, spacing_mm)


def _volumes(
    voxels: NDArray[np.uint8], spacing_mm: tuple[float, float, float], *, divided: bool, missing: float
) -> dict[str, float]:
    volumes = {f"{name}_ml": structure_ml(voxels, name, spacing_mm, divided=divided) for name in STRUCTURES}
    if not volumes["parenchyma_ml"]:
        return {**{name: volume + missing for name, volume in volumes.items()}, FRACTION: math.nan}
    return {**volumes, FRACTION: volumes["cortex_ml"] / volumes["parenchyma_ml"]}


def _column(value: str, side: str) -> str:
    if side == BOTH_SIDES:
        return value
    stem, _, unit = value.rpartition("_")
    return f"{value}_{side}" if value == FRACTION else f"{stem}_{side}_{unit}"


def _rounded(value: str, number: float) -> float:
    return round(number, DIGITS.get(value, ML_DIGITS))
