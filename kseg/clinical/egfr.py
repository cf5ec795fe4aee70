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
    k = 0.7 (F) or 0.9 (M), a = -0.329 (F) or -0.411 (M). Fitted on people from 18 years up, at every GFR.

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
    k = 0.7 (F) or 0.9 (M), a = -0.241 (F) or -0.302 (M). Fitted on people from 18 years up, at every GFR.

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


def mdrd_2006(creatinine_umol_l: ArrayLike, age: ArrayLike, sex: ArrayLike) -> NDArray[np.float64]:
    """Estimate the glomerular filtration rate by the MDRD Study equation for IDMS creatinine, without race.

    `175 S^-1.154 age^-0.203 0.742[F]` with S the creatinine in mg/dL. Fitted on patients with kidney disease of
    18 to 70 years. It runs too low in healthy people: laboratories print what exceeds 60 as "above 60", and its authors
    vouch for it below 90.

    Args:
        creatinine_umol_l: Serum creatinine, traceable to IDMS; NaN where it is missing.
        age: Years, more than 0.
        sex: `F` or `M`. The three are broadcast against each other.

    Returns:
        mL/min/1.73 m^2, NaN where creatinine or age is.

    Raises:
        InputError: A sex is neither `F` nor `M`.

    Reference:
        Levey AS, Coresh J, Greene T, et al. Using standardized serum creatinine values in the Modification of Diet
        in Renal Disease Study equation for estimating glomerular filtration rate. Ann Intern Med 2006;145:247-254.
    """
    female, years = _is_female(sex), np.asarray(age, dtype=np.float64)
    return np.asarray(175 * _mg_dl(creatinine_umol_l) ** -1.154 * years**-0.203 * np.where(female, 0.742, 1))


def chinese_mdrd_2006(creatinine_umol_l: ArrayLike, age: ArrayLike, sex: ArrayLike) -> NDArray[np.float64]:
    """Estimate the glomerular filtration rate of Chinese patients by the MDRD equation fitted anew on them.

    `175 S^-1.234 age^-0.179 0.79[F]` with S the creatinine in mg/dL. Fitted on adults with kidney disease in all of
    its stages.

    Args:
        creatinine_umol_l: Serum creatinine; NaN where it is missing.
        age: Years, more than 0.
        sex: `F` or `M`. The three are broadcast against each other.

    Returns:
        mL/min/1.73 m^2, NaN where creatinine or age is.

    Raises:
        InputError: A sex is neither `F` nor `M`.

    Reference:
        Ma YC, Zuo L, Chen JH, et al. Modified glomerular filtration rate estimating equation for Chinese patients
        with chronic kidney disease. J Am Soc Nephrol 2006;17:2937-2944.
    """
    female, years = _is_female(sex), np.asarray(age, dtype=np.float64)
    return np.asarray(175 * _mg_dl(creatinine_umol_l) ** -1.234 * years**-0.179 * np.where(female, 0.79, 1))


def ekfc_2021(creatinine_umol_l: ArrayLike, age: ArrayLike, sex: ArrayLike) -> NDArray[np.float64]:
    """Estimate the glomerular filtration rate of children and adults by the equation of the EKFC.

    `107.3 min(S/Q, 1)^-0.322 max(S/Q, 1)^-1.132 0.990^max(age - 40, 0)` with S the creatinine and Q the median
    creatinine of healthy people of the same age and sex, see `ekfc_2021_median_umol_l`. Fitted on people of 2 to 100
    years, at every GFR.

    Args:
        creatinine_umol_l: Serum creatinine, traceable to IDMS; NaN where it is missing.
        age: Years, more than 0.
        sex: `F` or `M`. The three are broadcast against each other.

    Returns:
        mL/min/1.73 m^2, NaN where creatinine or age is.

    Raises:
        InputError: A sex is neither `F` nor `M`.

    Reference:
        Pottel H, Bjork J, Courbebaisse M, et al. Development and validation of a modified full age spectrum
        creatinine-based equation to estimate glomerular filtration rate. Ann Intern Med 2021;174:183-191.
    """
    years = np.asarray(age, dtype=np.float64)
    relative = np.asarray(creatinine_umol_l, dtype=np.float64) / ekfc_2021_median_umol_l(years, sex)
    below, above = np.minimum(relative, 1) ** -0.322, np.maximum(relative, 1) ** -1.132
    return np.asarray(107.3 * below * above * 0.990 ** np.maximum(years - 40, 0))


def ekfc_2021_median_umol_l(age: ArrayLike, sex: ArrayLike) -> NDArray[np.float64]:
    """Give the median creatinine of healthy people, by which the equation of the EKFC judges one.

    Over 25 years 62 (F) or 80 (M) umol/L; up to 25 years
    `ln Q = 3.080 + 0.177 age - 0.223 ln age - 0.00596 age^2 + 0.0000686 age^3` (F) or
    `ln Q = 3.200 + 0.259 age - 0.543 ln age - 0.00763 age^2 + 0.0000790 age^3` (M).

    Args:
        age: Years, more than 0; from 2 up it was fitted.
        sex: `F` or `M`. The two are broadcast against each other.

    Returns:
        umol/L, NaN where age is.

    Raises:
        InputError: A sex is neither `F` nor `M`.

    Reference:
        As for `ekfc_2021`.
    """
    female, years = _is_female(sex), np.asarray(age, dtype=np.float64)
    young = np.minimum(years, 25)
    girl = 3.080 + 0.177 * young - 0.223 * np.log(young) - 0.00596 * young**2 + 0.0000686 * young**3
    boy = 3.200 + 0.259 * young - 0.543 * np.log(young) - 0.00763 * young**2 + 0.0000790 * young**3
    return np.asarray(np.where(years > 25, np.where(female, 62, 80), np.exp(np.where(female, girl, boy))))


def _mg_dl(creatinine_umol_l: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(creatinine_umol_l, dtype=np.float64) / UMOL_L_PER_MG_DL


def _is_female(sex: ArrayLike) -> NDArray[np.bool_]:
    letters: NDArray[Any] = np.asarray(sex, dtype=object)
    unknown = sorted({str(letter) for letter in letters.ravel()} - {"F", "M"})
    if unknown:
        raise InputError(f"sex {', '.join(map(repr, unknown))}: the equations know F and M")
    return np.asarray(letters == "F")
