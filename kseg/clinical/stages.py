"""Does what the clinic states of a case's kidneys agree with what its creatinine says?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kseg.clinical.saying import counted, few_of, first_lines

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
        One line a case for the first cases, one for all others.
    """
    apart = (rows["egfr"] - computed).abs() > ROUNDED_EGFR
    lines = [
        f"{case}: the table states eGFR {stated:.1f}, its creatinine gives {value:.1f}; the table's is used"
        for case, stated, value in zip(rows["case_id"][apart], rows["egfr"][apart], computed[apart], strict=True)
    ]
    return first_lines(lines, "cases state an eGFR that their creatinine does not give; the table's is used")


def group_remarks(rows: pd.DataFrame, egfr: pd.Series[float], staged: pd.Series[str]) -> list[str]:
    """Say whose stated group is not the one of its eGFR, or has no eGFR beside it.

    Args:
        rows: With the columns `case_id` and `group`, empty where none is stated.
        egfr: As it is used, NaN where there is none.
        staged: The group of that eGFR, empty where there is none.

    Returns:
        One line a case for the first whose groups differ, one for all others; one for all without an eGFR.
    """
    stated = rows["group"] != ""
    apart = stated & (staged != "") & (rows["group"] != staged)
    lines = [
        f"{case}: the table states {said}, eGFR {value:.1f} is {group}; the table's group is used"
        for case, said, value, group in zip(
            rows["case_id"][apart], rows["group"][apart], egfr[apart], staged[apart], strict=True
        )
    ]
    remarks = first_lines(lines, "cases state a group that is not the one of their eGFR; the table's group is used")
    alone = rows["case_id"][stated & (staged == "")].tolist()
    if alone:
        have = counted(len(alone), "case has", "cases have")
        remarks.append(f"{have} no eGFR; the table's group stands alone: {few_of(alone)}")
    return remarks


def mixed_group_remarks(cohort: pd.DataFrame) -> list[str]:
    """Say which patients have CTs in several groups.

    Args:
        cohort: With the columns `patient_id` and `group`.

    Returns:
        One line, or none.
    """
    groups = cohort[["patient_id", "group"]].drop_duplicates()
    mixed = groups["patient_id"][groups["patient_id"].duplicated()].unique().tolist()
    if not mixed:
        return []
    have = counted(len(mixed), "patient has", "patients have")
    return [f"{have} CTs in several groups; in a split the group of the first CT by case_id counts: {few_of(mixed)}"]
