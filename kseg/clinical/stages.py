"""Does what the clinic states of a case's kidneys agree with what its creatinine says?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Equation: TypeAlias = Callable[["pd.Series[float]", "pd.Series[float]", "pd.Series[str]"], NDArray[np.float64]]
"""Creatinine in umol/L, age in years and sex to eGFR, such as `kseg.clinical.egfr.ckd_epi_2009`."""

ROUNDED_EGFR = 1.0
"""mL/min/1.73 m^2: laboratories round the eGFR, and tables the age, so that less than this is no disagreement."""


def computed_egfr(rows: pd.DataFrame, equation: Equation) -> pd.Series[float]:
    """Compute the eGFR of every case whose creatinine, age and sex are known.

    Args:
        rows: With the columns `creatinine_umol_l`, `age` and `sex`.
        equation: How.

    Returns:
        mL/min/1.73 m^2, NaN where something is missing; indexed as the rows are.
    """
    known = rows[rows["creatinine_umol_l"].notna() & rows["age"].notna() & (rows["sex"] != "")]
    values = equation(known["creatinine_umol_l"], known["age"], known["sex"])
    return pd.Series(values, known.index, dtype="float64").reindex(rows.index)


def egfr_remarks(rows: pd.DataFrame, computed: pd.Series[float]) -> list[str]:
    """Say whose stated eGFR is not what creatinine, age and sex give.

    Args:
        rows: With the columns `case_id` and `egfr`, NaN where none is stated.
        computed: The eGFR by the equation, NaN where it cannot be computed.

    Returns:
        One line a case.
    """
    apart = (rows["egfr"] - computed).abs() > ROUNDED_EGFR
    return [
        f"{case}: the table states eGFR {stated:.1f}, its creatinine gives {value:.1f}; the table's is used"
        for case, stated, value in zip(rows["case_id"][apart], rows["egfr"][apart], computed[apart], strict=True)
    ]


def group_remarks(rows: pd.DataFrame, egfr: pd.Series[float], staged: pd.Series[str]) -> list[str]:
    """Say whose stated group is not the one of its eGFR, or has no eGFR beside it.

    Args:
        rows: With the columns `case_id` and `group`, empty where none is stated.
        egfr: As it is used, NaN where there is none.
        staged: The group of that eGFR, empty where there is none.

    Returns:
        One line a case.
    """
    remarks = []
    for case, stated, value, group in zip(rows["case_id"], rows["group"], egfr, staged, strict=True):
        if not group:
            remarks.append(f"{case}: no eGFR; the table's group {stated} stands alone")
        elif stated and stated != group:
            remarks.append(f"{case}: the table states {stated}, eGFR {value:.1f} is {group}; the table's group is used")
    return remarks
