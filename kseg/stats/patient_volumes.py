"""One volume a patient, however many CTs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kseg.stats.patients import average_cases

MEASURED = ("reference_ml", "predicted_ml")


def average_volumes(volumes: pd.DataFrame, patient_of: Mapping[str, str], egfr: Mapping[str, float]) -> pd.DataFrame:
    """Average a patient's volumes over the patient's CTs.

    Args:
        volumes: As in volumes.csv, a row a case, side and structure.
        patient_of: The patient of each case; a case that is not there is a patient of its own.
        egfr: Of each patient, mL/min/1.73 m^2.

    Returns:
        The same columns, `case_id` holding the patient, and `egfr`, NaN where it is not known.
    """
    named = volumes[[column for column in volumes if column not in MEASURED]]
    of_one = {
        column: average_cases(named.assign(metric=column, value=volumes[column]), patient_of) for column in MEASURED
    }
    patients = of_one["reference_ml"][list(named)].assign(
        **{column: table["value"].to_numpy() for column, table in of_one.items()}
    )
    return patients.assign(egfr=patients["case_id"].map(egfr).astype(float))
