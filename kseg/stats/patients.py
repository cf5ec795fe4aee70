"""One value a patient, however many CTs: the patient is the statistical unit."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kseg.scales import absolute, signed
from kseg.stats.pooling import mean_of_all


def average_cases(metrics: pd.DataFrame, patient_of: Mapping[str, str]) -> pd.DataFrame:
    """Average a patient's scores over the patient's CTs.

    Args:
        metrics: A row a case, structure and metric, as in metrics.csv.
        patient_of: The patient of each case; a case that is not there is a patient of its own.

    Returns:
        The same columns, `case_id` holding the patient and `group` the one of the patient's first CT by `case_id`, as
        in the split. A score that is missing in one of the CTs is missing: the rest would be the easier ones. Nothing
        changes where every patient has one CT by the patient's own name.
    """
    patients = _patients(metrics, patient_of)
    if not metrics.assign(patient=patients).groupby("patient")["case_id"].nunique().gt(1).any():
        return metrics if patients.equals(metrics["case_id"]) else metrics.assign(case_id=patients)
    by = ["case_id", *(column for column in ("side", "structure", "metric") if column in metrics)]
    table = mean_of_all(metrics.assign(case_id=patients), by)
    grouped: pd.DataFrame = table.assign(group=table["case_id"].map(_first_groups(metrics, patient_of)))
    return grouped[list(metrics.columns)]


def patients_in_several_groups(metrics: pd.DataFrame, patient_of: Mapping[str, str]) -> list[str]:
    """Name the patients whose CTs lie in different groups.

    Args:
        metrics: As for `average_cases`.
        patient_of: As there.

    Returns:
        A sentence a patient, with the group that the patient counts in.
    """
    cases = metrics.assign(patient=_patients(metrics, patient_of)).drop_duplicates("case_id").sort_values("case_id")
    return [
        f"{patient}: CTs in the groups {', '.join(own.unique())}; counted once, in {own.iloc[0]}, the first CT's"
        for patient, own in cases[cases["group"] != ""].dropna(subset="group").groupby("patient", sort=False)["group"]
        if own.nunique() > 1
    ]


def with_absolute_errors(metrics: pd.DataFrame) -> pd.DataFrame:
    """Add the size of every signed error, before anything is averaged: errors of +5 and -5 ml are off by 5, not by 0.

    Args:
        metrics: A row a case, structure and metric, as in metrics.csv.

    Returns:
        The table, and below it rows of `absolute_<metric>` for each signed metric whose absolute one it lacks.
    """
    there = set(metrics["metric"])
    lacking = [metric for metric in there if signed(metric) and absolute(metric) not in there]
    sizes = metrics[metrics["metric"].isin(lacking)]
    if sizes.empty:
        return metrics
    sizes = sizes.assign(metric=sizes["metric"].map(absolute), value=sizes["value"].abs())
    return pd.concat([metrics, sizes], ignore_index=True)


def _patients(metrics: pd.DataFrame, patient_of: Mapping[str, str]) -> pd.Series:
    return metrics["case_id"].map(lambda case: patient_of.get(case, case))


def _first_groups(metrics: pd.DataFrame, patient_of: Mapping[str, str]) -> pd.Series:
    in_order = metrics.assign(patient=_patients(metrics, patient_of)).sort_values("case_id", kind="stable")
    return in_order.drop_duplicates("patient").set_index("patient")["group"]
