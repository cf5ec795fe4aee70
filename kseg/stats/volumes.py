"""Do the volumes agree with the outlined ones, and do they follow the kidney function: rows of tests.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace

import pandas as pd

from kseg.labels import BOTH_SIDES
from kseg.stats.compare import Test
from kseg.stats.finding import TEST_COLUMNS, Finding
from kseg.stats.holm import holm
from kseg.stats.patients import average_cases

VolumeTest = Callable[[pd.DataFrame], Sequence[Finding]]
"""`volumes -> findings`; of one structure, a row a patient with `reference_ml` and `predicted_ml`."""

VOLUME, FRACTION = "volume_ml", "cortical_fraction"
"""What stands in the column `metric`."""

MEASURED = {"outlined": "reference_ml", "predicted": "predicted_ml"}
KEYS = ["case_id", "group", "side", "structure"]


def compare_volumes(
    volumes: pd.DataFrame,
    *,
    tests: Mapping[str, VolumeTest],
    trends: Mapping[str, Test],
    groups: Sequence[str],
    egfr: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Hold the predicted volumes against the outlined ones, and both against the eGFR.

    Args:
        volumes: A row a patient and structure, as in volumes.csv; rows of single kidneys do not enter.
        tests: The name in the table, and the function: of agreement, in each structure.
        trends: Likewise, of a relation with the eGFR; they are given the volumes of each structure, and the share of
            the parenchyma that is cortex, first as `outlined` and then as `predicted`.
        groups: In order.
        egfr: Of each patient, mL/min/1.73 m^2.

    Returns:
        `TEST_COLUMNS`, the metric being `volume_ml` or `cortical_fraction`; `p_holm` is p corrected by Holm over the
        structures of one metric, test and contrast. No row where no volumes were measured.
    """
    whole = volumes[volumes["side"] == BOTH_SIDES]
    if egfr is not None:
        whole = whole.assign(egfr=whole["case_id"].map(egfr).astype(float))
    rows = [
        {"structure": structure, "metric": metric, "test": test, **asdict(finding)}
        for structure, metric, measured in _measurements(whole)
        for test, finding in _found(measured, tests if metric == VOLUME else {}, trends, groups)
    ]
    found = pd.DataFrame(rows, columns=list(TEST_COLUMNS))
    return found.assign(p_holm=found.groupby(["metric", "test", "contrast"])["p"].transform(holm))


def average_volumes(volumes: pd.DataFrame, patient_of: Mapping[str, str]) -> pd.DataFrame:
    """Average a patient's volumes over the patient's CTs, as `average_cases` does scores.

    Args:
        volumes: A row a case, side and structure, as in volumes.csv.
        patient_of: The patient of each case; a case that is not there is a patient of its own.

    Returns:
        The same columns, `case_id` holding the patient.
    """
    both = [
        average_cases(volumes[[*KEYS]].assign(metric=column, value=volumes[column]), patient_of)
        .drop(columns="metric")
        .rename(columns={"value": column})
        for column in MEASURED.values()
    ]
    outlined, predicted = both
    return outlined.merge(predicted, on=KEYS, how="left", sort=False)


def cortical_fractions(volumes: pd.DataFrame) -> pd.DataFrame:
    """Divide the volume of each patient's cortex by that of the parenchyma.

    Args:
        volumes: A row a patient and structure, both kidneys together.

    Returns:
        The rows of the cortex, the shares standing where the volumes stood; NaN where there is no parenchyma.
    """
    cortex = volumes[volumes["structure"] == "cortex"]
    whole = volumes[volumes["structure"] == "parenchyma"].set_index("case_id")
    shares = {}
    for column in MEASURED.values():
        parenchyma_ml = cortex["case_id"].map(whole[column])
        shares[column] = cortex[column] / parenchyma_ml.where(parenchyma_ml > 0)
    return cortex.assign(**shares)


def _measurements(volumes: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for structure, measured in volumes.groupby("structure", sort=False):
        yield str(structure), VOLUME, measured
    fractions = cortical_fractions(volumes)
    if len(fractions):
        yield "cortex", FRACTION, fractions


def _found(
    measured: pd.DataFrame, tests: Mapping[str, VolumeTest], trends: Mapping[str, Test], groups: Sequence[str]
) -> Iterator[tuple[str, Finding]]:
    for test, agreement in tests.items():
        for finding in agreement(measured):
            yield test, finding
    for test, trend in trends.items():
        for contrast, column in MEASURED.items():
            for finding in trend(measured.assign(value=measured[column]), groups):
                yield test, replace(finding, contrast=contrast)
