"""What does a run's folder know of its patients?"""

from __future__ import annotations

import pandas as pd

from kseg.clinical.cohort import COHORT_COLUMNS, read_cohort
from kseg.metrics.cohort import VOLUMES_COLUMNS
from kseg.report.tables import read_table
from kseg.runs.folder import RunFolder


def cohort_of(run: RunFolder) -> pd.DataFrame:
    """The run's patients; no row where it came without them."""
    return read_cohort(run.cohort) if run.cohort.is_file() else pd.DataFrame(columns=list(COHORT_COLUMNS))


def volumes_of(run: RunFolder) -> pd.DataFrame:
    """The run's volumes; no row where a table came without them."""
    return read_table(run.volumes) if run.volumes.is_file() else pd.DataFrame(columns=list(VOLUMES_COLUMNS))


def patients_of(cohort: pd.DataFrame) -> dict[str, str]:
    """The patient of every case."""
    return dict(zip(cohort["case_id"], cohort["patient_id"], strict=True))


def egfr_of(cohort: pd.DataFrame) -> dict[str, float]:
    """The eGFR of every case, and of every patient, by whom scores may be named: as the group, that of the first CT."""
    from_last_to_first = cohort.sort_values("case_id", ascending=False)
    return {
        name: egfr
        for column in ("case_id", "patient_id")
        for name, egfr in zip(from_last_to_first[column], from_last_to_first["egfr"], strict=True)
    }
