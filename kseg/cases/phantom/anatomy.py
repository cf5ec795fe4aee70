"""What the phantom's organs measure: the numbers of each group, and one patient's draw from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kseg.cases.phantom.shapes import Point


@dataclass(frozen=True)
class Stage:
    """What kidneys look like at one stage of kidney disease.

    Typical arterial-phase values: a diseased cortex is thinner, takes up less contrast and is
    scarred, while fat fills the sinus.

    Args:
        cortex_hu: Hounsfield units of the cortex.
        medulla_hu: Hounsfield units of the medulla.
        cortex_mm: Cortical thickness between capsule and pyramids.
        length_mm: From pole to pole.
        scars_mm: How much the surface goes up and down (standard deviation).
        sinus: Radii of the sinus against a healthy one.
        cysts: Expected number in each kidney at the age of 60.
    """

    cortex_hu: float
    medulla_hu: float
    cortex_mm: float
    length_mm: float
    scars_mm: float
    sinus: float
    cysts: float


STAGES: dict[str, Stage] = {
    "control": Stage(235, 115, 6.6, 110, 0.7, 1.00, 0.05),
    "mild": Stage(210, 108, 6.0, 108, 0.9, 1.04, 0.06),
    "moderate": Stage(170, 95, 5.3, 100, 1.2, 1.10, 0.08),
    "severe": Stage(125, 82, 4.0, 88, 1.6, 1.18, 0.13),
}
"""The groups in order."""


@dataclass(frozen=True)
class Spread:
    """How far patients differ from their group's typical value, as a share of it (standard deviation).

    Contrast and its timing move cortex and medulla together (`enhancement`), the kidney's own uptake moves each alone
    (`uptake`); together they make 13 %.
    """

    enhancement: float = 0.10
    uptake: float = 0.08
    thickness: float = 0.13
    length: float = 0.12
    sides: float = 0.04


SPREAD = Spread()


@dataclass(frozen=True)
class Lesion:
    """A round distractor on the kidney's surface, in neither outline.

    Args:
        direction: From the kidney's middle, in its own normalised axes (hilum, front, head).
        radius_mm: Half its width.
        depth: Where its middle lies, from 0 (the kidney's middle) to 1 (the capsule).
        hu: Its Hounsfield units.
        mottled_hu: How much they vary inside (standard deviation): little in a cyst, much in a tumour.
    """

    direction: Point
    radius_mm: float
    depth: float
    hu: float
    mottled_hu: float


@dataclass(frozen=True)
class Kidney:
    """One kidney of one patient.

    Args:
        side: 1 for the right one, -1 for the left one.
        centre_mm: In the patient: to the right, to the front, to the head.
        half_axes_mm: From its middle to hilum, front and upper pole.
        tilt_deg: Upper pole to the midline, upper pole to the back, hilum to the front.
        bend_mm: How far the poles lean towards the hilum.
        cortex_mm: Cortical thickness.
        column_mm: Width of the columns between the pyramids.
        pyramids: How many.
        cortex_hu: Hounsfield units of the cortex.
        medulla_hu: Hounsfield units of the medulla.
        scars_mm: How much the surface goes up and down (standard deviation).
        sinus: Radii of the sinus against a healthy one.
        pelvis_mm: Half the width of the fluid in the renal pelvis.
        gap_mm: Fat between the capsule and its neighbours, typically; it varies around the kidney down to none.
        lesions: Cysts and tumours.
    """

    side: int
    centre_mm: Point
    half_axes_mm: Point
    tilt_deg: Point
    bend_mm: float
    cortex_mm: float
    column_mm: float
    pyramids: int
    cortex_hu: float
    medulla_hu: float
    scars_mm: float
    sinus: float
    pelvis_mm: float
    gap_mm: float
    lesions: tuple[Lesion, ...]


@dataclass(frozen=True)
class Body:
    """What surrounds the kidneys in one patient: typical arterial-phase values.

    Args:
        half_width_mm: From the midline to the flank's skin.
        half_depth_mm: From the middle to belly and back.
        fat_mm: Thickness of the fat under the skin.
        fat_hu: Hounsfield units of fat, the renal sinus's too.
        muscle_hu: Of muscle.
        aorta_hu: Of the aorta and the renal arteries.
        vein_hu: Of the renal veins; the vena cava shows a mixture.
        liver_hu: Of the liver.
        spleen_hu: Of the spleen.
        bone_hu: Of spongy bone; less with age.
    """

    half_width_mm: float
    half_depth_mm: float
    fat_mm: float
    fat_hu: float
    muscle_hu: float
    aorta_hu: float
    vein_hu: float
    liver_hu: float
    spleen_hu: float
    bone_hu: float


def draw_body(rng: np.random.Generator, sex: str, age: int) -> Body:
    """Draw a patient's trunk.

    Args:
        rng: Draws it.
        sex: "F" or "M".
        age: In years.

    Returns:
        Its measures.
    """
    size = _vary(rng, 0.06) * (0.95 if sex == "F" else 1.02)
    return Body(
        half_width_mm=158 * size,
        half_depth_mm=112 * size * _vary(rng, 0.04),
        fat_mm=float(np.clip(15 * _vary(rng, 0.35) * (1.25 if sex == "F" else 1), 5, 28)),
        fat_hu=rng.uniform(-110, -90),
        muscle_hu=rng.uniform(55, 65) - max(0, age - 60) * 0.3,
        aorta_hu=rng.uniform(290, 360),
        vein_hu=rng.uniform(130, 190),
        liver_hu=rng.uniform(70, 85),
        spleen_hu=rng.uniform(100, 150),
        bone_hu=rng.uniform(190, 240) - 1.2 * max(0, age - 40),
    )


def draw_kidneys(rng: np.random.Generator, group: str, age: int, body: Body) -> tuple[Kidney, Kidney]:
    """Draw a patient's kidneys: alike, but not the same.

    Args:
        rng: Draws them.
        group: One of `STAGES`.
        age: In years.
        body: Where they lie.

    Returns:
        The right and the left kidney.
    """
    stage, spread = STAGES[group], SPREAD
    enhancement = _vary(rng, spread.enhancement)
    cortex_hu = stage.cortex_hu * enhancement * _vary(rng, spread.uptake)
    medulla_hu = stage.medulla_hu * enhancement * _vary(rng, spread.uptake)
    cortex_mm = stage.cortex_mm * _vary(rng, spread.thickness)
    length_mm = stage.length_mm * _vary(rng, spread.length)

    def one(side: int) -> Kidney:
        half = length_mm * _vary(rng, spread.sides) / 2
        slim = float(np.sqrt(55 * half))
        return Kidney(
            side=side,
            centre_mm=_place(rng, side, body),
            half_axes_mm=(slim * 0.58 * _vary(rng, 0.06), slim * 0.50 * _vary(rng, 0.06), half),
            tilt_deg=(rng.normal(13, 5), rng.normal(12, 5), rng.normal(32, 10)),
            bend_mm=rng.uniform(2, 9),
            cortex_mm=cortex_mm * _vary(rng, spread.sides),
            column_mm=0.30 * cortex_mm * _vary(rng, 0.15),
            pyramids=int(rng.integers(7, 10)),
            cortex_hu=cortex_hu * _vary(rng, 0.02),
            medulla_hu=medulla_hu * _vary(rng, 0.02),
            scars_mm=stage.scars_mm * _vary(rng, 0.25),
            sinus=stage.sinus * _vary(rng, 0.08),
            pelvis_mm=rng.uniform(2, 5) * (2 if rng.random() < 0.08 else 1),
            gap_mm=0.35 * body.fat_mm * _vary(rng, 0.3),
            lesions=(*_draw_cysts(rng, stage, age), *_draw_tumour(rng)),
        )

    return one(1), one(-1)


def _vary(rng: np.random.Generator, share: float) -> float:
    """Draw a factor around 1, cut at two standard deviations."""
    return float(1 + share * np.clip(rng.standard_normal(), -2, 2))


def _place(rng: np.random.Generator, side: int, body: Body) -> Point:
    across = 0.42 * body.half_width_mm + rng.normal(0, 3)
    back = -0.30 * body.half_depth_mm + rng.normal(0, 4)
    return side * across, back, -side * 7 + rng.normal(0, 7)


def _draw_cysts(rng: np.random.Generator, stage: Stage, age: int) -> tuple[Lesion, ...]:
    """Cysts grow commoner with age: 27 % of those over 70 have one (typical value), more with kidney disease."""
    number = min(rng.poisson(stage.cysts * np.exp((age - 60) / 25)), 4)
    return tuple(
        Lesion(
            _outwards(rng),
            float(np.clip(rng.lognormal(2.1, 0.45), 4, 22)),
            rng.uniform(0.75, 1.05),
            rng.uniform(0, 20),
            1,
        )
        for _ in range(number)
    )


def _draw_tumour(rng: np.random.Generator) -> tuple[Lesion, ...]:
    if rng.random() >= 0.07:
        return ()
    return (Lesion(_outwards(rng), rng.uniform(9, 22), rng.uniform(0.7, 1.0), rng.uniform(50, 140), 25),)


def _outwards(rng: np.random.Generator) -> Point:
    """Any direction but the hilum's."""
    around = rng.uniform(0.5 * np.pi, 1.5 * np.pi)
    height = rng.uniform(-0.85, 0.85)
    across = np.sqrt(1 - height**2)
    return float(across * np.cos(around)), float(across * np.sin(around)), float(height)
