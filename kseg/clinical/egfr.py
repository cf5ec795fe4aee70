"""How well do the kidneys filter: creatinine, age and sex to eGFR."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kseg.errors import InputError

UMOL_L_PER_MG_DL = 88.4
"""Creatinine's molar mass of 113.12 g/mol; some calculators take 88.42."""


def ckd_epi_2009(creatinine_umol_l: ArrayLike, age: ArrayLike, sex: ArrayLike) -> NDArray[np.float64]:
    """Estimate the glomerular filtration rate of adults by CKD-EPI 2009, without its coefficient of race.

    `141 min(S/k, 1)^a max(S/k, 1)^-1.209 0.993^age 1.018[F]` with S the creatinine in mg/dL,
    k = 0.7 (F) or 0.9 (M), a = -0.329 (F) or -0.411 (M).

    Args:
        creatinine_umol_l: Serum creatinine, traceable to IDMS; NaN where it is missing.
        age: Years.
        sex: `F` or `M`. The three are broadcast against each other.

    Returns:
        mL/min/1.73 m^2, NaN where creatinine or age is.

    Raises:
        InputError: A sex is neither `F` nor `M`.

    Reference:
        Levey AS, Stevens LA, Schmid CH, et al. A new equation to estimate glomerular filtration rate.
        Ann Intern Med 2009;150:604-612.
    """
    female, years = _is_female(sex), np.asarray(age, dtype=np.float64)
    relative = _mg_dl(creatinine_umol_l) / np.where(female, 0.7, 0.9)
    below = np.minimum(relative, 1) ** np.where(female, -0.329, -0.411)
    above = np.maximum(relative, 1) ** -1.209
    return np.asarray(141 * below * above * 0.993**years * np.where(female, 1.018, 1))


def ckd_epi_2021(creatinine_umol_l: ArrayLike, age: ArrayLike, sex: ArrayLike) -> NDArray[np.float64]:
    """Estimate the glomerular filtration rate of adults by CKD-EPI 2021, which was fitted without race.

    `142 min(S/k, 1)^a max(S/k, 1)^-1.200 0.9938^age 1.012[F]` with S the creatinine in mg/dL,
    k = 0.7 (F) or 0.9 (M), a = -0.241 (F) or -0.302 (M).

    Args:
        creatinine_umol_l: Serum creatinine, traceable to IDMS; NaN where it is missing.
        age: Years.
        sex: `F` or `M`. The three are broadcast against each other.

    Returns:
        mL/min/1.73 m^2, NaN where creatinine or age is.

    Raises:
        InputError: A sex is neither `F` nor `M`.

    Reference:
        Inker LA, Eneanya ND, Coresh J, et al. New creatinine- and cystatin C-based equations to estimate GFR
        without race. N Engl J Med 2021;385:1737-1749.
    """
    female, years = _is_female(sex), np.asarray(age, dtype=np.float64)
    relative = _mg_dl(creatinine_umol_l) / np.where(female, 0.7, 0.9)
    below = np.minimum(relative, 1) ** np.where(female, -0.241, -0.302)
    above = np.maximum(relative, 1) ** -1.200
    return np.asarray(142 * below * above * 0.9938**years * np.where(female, 1.012, 1))


def _mg_dl(creatinine_umol_l: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(creatinine_umol_l, dtype=np.float64) / UMOL_L_PER_MG_DL


def _is_female(sex: ArrayLike) -> NDArray[np.bool_]:
    letters: NDArray[Any] = np.asarray(sex, dtype=object)
    unknown = sorted({str(letter) for letter in letters.ravel()} - {"F", "M"})
    if unknown:
        raise InputError(f"sex {', '.join(map(repr, unknown))}: the equations know F and M")
    return np.asarray(letters == "F")
