"""One value a patient, however many CTs: the patient is the statistical unit."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def average_cases(metrics: pd.DataFrame, patient_of: Mapping[str, str]) -> pd.DataFrame:
    """Average a patient's scores over the patient's CTs.

    Args:
        metrics: A row a case, structure and metric, as in metrics.csv.
        patient_of: The patient of each case; a case that is not there is a patient of its own.

    Returns:
        The same columns, `case_id` holding the patient and `group` the one of the patient's first CT by `case_id`, as
        in the split; a score that is
        missing in some of the CTs is the mean of the others. Nothing changes where every patient has one CT.
    """
    patients = metrics["case_id"].map(lambda case: patient_of.get(case, case))
    if not metrics.assign(patient=patients).groupby("patient")["case_id"].nunique().gt(1).any():
        return metrics
    by = ["case_id", *(column for column in ("side", "structure", "metric") if column in metrics)]
    averaged = metrics.assign(case_id=patients).groupby(by, sort=False, as_index=False)
    in_order = metrics.assign(patient=patients).sort_values("case_id", kind="stable")
    first_group = in_order.groupby("patient")["group"].first()
    table = averaged["value"].mean()
    grouped: pd.DataFrame = table.assign(group=table["case_id"].map(first_group))[list(metrics.columns)]
    return grouped
