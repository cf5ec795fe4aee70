"""How one patient's anatomy is drawn around what is typical."""

from __future__ import annotations

import numpy as np

from kseg.cases.phantom.anatomy import Body, Kidney, Lesion
from kseg.cases.phantom.shapes import Point
from kseg.cases.phantom.typical import SPREAD, STAGES, TISSUE

HALF_WIDTH_MM, HALF_DEPTH_MM = 143.0, 97.0
"""Of a typical trunk, from its middle to the outer side of the muscles."""
FAT_MM = 15.0
HALF_LENGTH_MM = 55.0
"""Of a typical kidney; the other half axes go with the square root of the length, as small kidneys are plumper."""
TUMOURS = 0.07
"""Expected in each kidney."""


def draw_body(rng: np.random.Generator, sex: str, age: float) -> Body:
    """Draw a patient's trunk.

    Args:
        rng: Draws it.
        sex: `F` or `M`.
        age: In years.

    Returns:
        Its measures.
    """
    female = sex == "F"
    size = _vary(rng, SPREAD.trunk) * (0.96 if female else 1.03)
    return Body(
        half_width_mm=HALF_WIDTH_MM * size,
        half_depth_mm=HALF_DEPTH_MM * size * _vary(rng, SPREAD.sides),
        fat_mm=FAT_MM * _vary(rng, SPREAD.fat) * (1.2 if female else 1.0),
        fat_hu=rng.uniform(*TISSUE.fat),
        muscle_hu=rng.uniform(*TISSUE.muscle) - 0.3 * max(0.0, age - 60),
        aorta_hu=rng.uniform(*TISSUE.aorta),
        vein_hu=rng.uniform(*TISSUE.renal_vein),
        liver_hu=rng.uniform(*TISSUE.liver),
        spleen_hu=rng.uniform(*TISSUE.spleen),
        bone_hu=rng.uniform(*TISSUE.spongy_bone) - 1.2 * max(0.0, age - 40),
    )


def draw_kidneys(rng: np.random.Generator, group: str, age: float, body: Body) -> tuple[Kidney, Kidney]:
    """Draw a patient's kidneys: alike, but not the same.

    Args:
        rng: Draws them.
        group: One of `STAGES`.
        age: In years.
        body: Where they lie.

    Returns:
        The right one and the left one.
    """
    stage = STAGES[group]
    enhancement = _vary(rng, SPREAD.enhancement)
    cortex_hu = stage.cortex_hu * enhancement * _vary(rng, SPREAD.uptake)
    medulla_hu = stage.medulla_hu * enhancement * _vary(rng, SPREAD.uptake)
    cortex_mm = stage.cortex_mm * _vary(rng, SPREAD.thickness)
    half_length_mm = stage.length_mm / 2 * _vary(rng, SPREAD.length)

    def one(side: int) -> Kidney:
        return Kidney(
            side=side,
            centre_mm=_place(rng, side, body),
            half_axes_mm=_half_axes(rng, half_length_mm * _vary(rng, SPREAD.sides)),
            tilt_deg=(rng.normal(13, 5), rng.normal(12, 5), rng.normal(32, 10)),
            bend_mm=rng.uniform(2, 9),
            cortex_mm=cortex_mm * _vary(rng, SPREAD.sides),
            column_mm=0.3 * cortex_mm * _vary(rng, SPREAD.thickness),
            pyramids=int(rng.integers(7, 10)),
            cortex_hu=cortex_hu,
            medulla_hu=medulla_hu,
            scars_mm=stage.scars_mm * _vary(rng, SPREAD.thickness),
            sinus=stage.sinus * _vary(rng, SPREAD.proportion),
            calyx_mm=rng.uniform(1.5, 3.5),
            gap_mm=0.35 * body.fat_mm * _vary(rng, SPREAD.fat),
            lesions=(*_draw_cysts(rng, stage.cysts, age), *_draw_tumours(rng)),
        )

    return one(1), one(-1)


def _vary(rng: np.random.Generator, share: float) -> float:
    """Draw a factor around 1, cut at two standard deviations."""
    return float(1 + share * np.clip(rng.standard_normal(), -2, 2))


def _place(rng: np.random.Generator, side: int, body: Body) -> Point:
    """Place a kidney beside the spine; the right one lies lower, under the liver."""
    across = 0.46 * body.half_width_mm + rng.normal(0, 3)
    return side * across, -0.35 * body.half_depth_mm + rng.normal(0, 3), -side * 7 + rng.normal(0, 7)


def _half_axes(rng: np.random.Generator, half_length_mm: float) -> Point:
    slim = float(np.sqrt(HALF_LENGTH_MM * half_length_mm))
    return 0.58 * slim * _vary(rng, SPREAD.proportion), 0.50 * slim * _vary(rng, SPREAD.proportion), half_length_mm


def _draw_cysts(rng: np.random.Generator, at_sixty: float, age: float) -> list[Lesion]:
    """Draw cysts, which grow commoner by half in ten years."""
    number = min(rng.poisson(at_sixty * 1.5 ** ((age - 60) / 10)), 4)
    return [
        Lesion(
            direction=_outwards(rng),
            depth=rng.uniform(0.75, 1.05),
            radius_mm=float(np.clip(rng.lognormal(2.1, 0.45), 4, 22)),
            hu=rng.uniform(*TISSUE.cyst),
            mottled_hu=1,
        )
        for _ in range(number)
    ]


def _draw_tumours(rng: np.random.Generator) -> list[Lesion]:
    return [
        Lesion(_outwards(rng), rng.uniform(0.7, 1.0), rng.uniform(9, 22), rng.uniform(*TISSUE.tumour), mottled_hu=25)
        for _ in range(rng.binomial(1, TUMOURS))
    ]


def _outwards(rng: np.random.Generator) -> Point:
    """Draw any direction but the hilum's."""
    around, height = rng.uniform(0.5 * np.pi, 1.5 * np.pi), rng.uniform(-0.85, 0.85)
    across = np.sqrt(1 - height**2)
    return float(across * np.cos(around)), float(across * np.sin(around)), height
