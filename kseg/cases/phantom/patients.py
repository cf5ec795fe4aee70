"""Who are the phantom's patients: group, sex, age, and the creatinine that puts them there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from kseg.cases.phantom.typical import SPREAD, STAGES
from kseg.clinical.egfr import ckd_epi_2009

AGE_LIMITS = (30, 86)
CREATININE_LIMITS_UMOL_L = (10.0, 3000.0)


@dataclass(frozen=True)
class Patient:
    """One made-up person.

    Args:
        index: In the table, from 0.
        group: One of `STAGES`.
        sex: "F" or "M".
        age: In years.
        creatinine_umol_l: Serum creatinine.
    """

    index: int
    group: str
    sex: str
    age: int
    creatinine_umol_l: float

    @property
    def case_id(self) -> str:
        """As in `K001`."""
        return f"K{self.index + 1:03d}"


def draw_patient(rng: np.random.Generator, index: int) -> Patient:
    """Draw one patient; the groups take turns.

    Args:
        rng: Draws who it is.
        index: From 0.

    Returns:
        The patient.
    """
    group = tuple(STAGES)[index % len(STAGES)]
    sex = "FM"[int(rng.integers(2))]
    age = int(np.clip(rng.normal(STAGES[group].age, SPREAD.age_years), *AGE_LIMITS))
    creatinine = creatinine_umol_l(rng.uniform(*STAGES[group].egfr), age, sex)
    return Patient(index, group, sex, age, round(creatinine, 1))


def creatinine_umol_l(egfr: float, age: int, sex: str) -> float:
    """Invert CKD-EPI 2009, which falls strictly with creatinine.

    Args:
        egfr: mL/min/1.73 m^2.
        age: In years.
        sex: "F" or "M".

    Returns:
        The creatinine that gives it.
    """
    return float(brentq(lambda creatinine: float(ckd_epi_2009(creatinine, age, sex)) - egfr, *CREATININE_LIMITS_UMOL_L))
