import pandas as pd
import pytest

from kseg.tracking.facts import RunFacts


@pytest.fixture
def cohort():
    """Two patients, one with two CTs."""
    columns = {"sex": "F", "age": 60.0, "creatinine_umol_l": 90.0, "egfr": 61.0, "group": "mild", "split": "train"}
    rows = [
        {"case_id": case, "patient_id": patient, **columns, "image": f"/data/clinic/{case}.nii.gz"}
        for case, patient in (("LiWei-1", "LiWei"), ("LiWei-2", "LiWei"), ("P117", "P117"))
    ]
    return pd.DataFrame(rows).assign(parenchyma="/data/clinic/p.nii.gz", cortex="")


@pytest.fixture
def facts(tmp_path, cohort):
    config = {
        "name": "LiWei again",
        "seed": 7,
        "data": {"root": str(tmp_path / "clinic")},
        "paths": {"tracking": str(tmp_path), "runs": str(tmp_path / "runs")},
    }
    (tmp_path / "clinic").mkdir()
    return RunFacts(
        folder=tmp_path / "runs" / "run",
        tracking_id="abc12345",
        attempt=1,
        config=config,
        provenance={"cohort_digest": "d" * 64},
        cohort=cohort,
    )
