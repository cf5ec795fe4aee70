"""What is typical of a patient in the arterial phase: every number of the anatomy, once.

Hounsfield units and sizes are typical arterial-phase values, from memory of the radiological literature rather than
measured on one published series: they make the phantom look and behave as a clinic's CTs do, and prove nothing about
kidneys.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
"""From and to; patients are drawn evenly between them."""


@dataclass(frozen=True)
class Stage:
    """What kidneys look like at one stage of kidney disease.

    A diseased cortex is thinner, takes up less contrast and is scarred, while fat fills the sinus.

    Args:
        cortex_hu: Of the cortex.
        medulla_hu: Of the medulla.
        cortex_mm: Cortical thickness between capsule and pyramids.
        length_mm: From pole to pole.
        scars_mm: How much the surface goes up and down (standard deviation).
        sinus: Radii of the sinus against a healthy one.
        cysts: Expected number in each kidney at the age of 60.
        egfr: mL/min/1.73 m^2; clear of the cut points 90, 60 and 30, as the creatinine is rounded.
        age: Mean, in years; eGFR falls with age.
    """

    cortex_hu: float
    medulla_hu: float
    cortex_mm: float
    length_mm: float
    scars_mm: float
    sinus: float
    cysts: float
    egfr: Range
    age: float


STAGES: dict[str, Stage] = {
    "control": Stage(235, 115, 6.6, 110, 0.7, 1.00, 0.06, (92, 108), 58),
    "mild": Stage(210, 108, 6.0, 108, 0.9, 1.04, 0.07, (61.5, 88.5), 62),
    "moderate": Stage(170, 95, 5.3, 100, 1.2, 1.10, 0.09, (31.5, 58.5), 65),
    "severe": Stage(125, 82, 4.0, 88, 1.6, 1.18, 0.14, (8, 28.5), 66),
}
"""The groups in order. Together 27 % of the patients over 70 have a cyst."""


@dataclass(frozen=True)
class Spread:
    """How far patients differ from their group, as a share of its typical value (standard deviation, cut at two).

    Args:
        enhancement: Dose and timing of the contrast move cortex and medulla together;
        uptake: the kidney's own uptake moves each alone. Together they make 13 %.
        thickness: Of the cortex.
        length: Of the kidneys.
        proportion: Of the other half axes against the length.
        sides: Between a patient's two kidneys.
        trunk: Of the trunk's size.
        fat: Of the fat under the skin and around the kidneys.
        age_years: Of the age, in years.
    """

    enhancement: float = 0.10
    uptake: float = 0.08
    thickness: float = 0.13
    length: float = 0.12
    proportion: float = 0.06
    sides: float = 0.04
    trunk: float = 0.06
    fat: float = 0.35
    age_years: float = 12


SPREAD = Spread()


@dataclass(frozen=True)
class Tissue:
    """Hounsfield units of everything but the kidneys."""

    air: float = -1024
    gas: float = -950
    lung: float = -850
    fat: Range = (-110, -85)
    cyst: Range = (0, 20)
    urine: float = 10
    bile: float = 10
    skin: float = 15
    cord: float = 30
    bowel_wall: float = 80
    bowel_contents: Range = (15, 45)
    muscle: Range = (55, 65)
    tumour: Range = (50, 140)
    liver: Range = (70, 85)
    pancreas: float = 100
    spleen: Range = (100, 150)
    disc: float = 85
    renal_vein: Range = (130, 190)
    spongy_bone: Range = (190, 240)
    aorta: Range = (290, 360)
    compact_bone: float = 370


TISSUE = Tissue()
