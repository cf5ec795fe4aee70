"""One volume a patient."""

import pandas as pd
import pytest

from kseg.stats.patient_volumes import average_volumes


def test_two_cts_of_a_patient_are_one_row_of_means():
    rows = [("A1", 100.0, 90.0), ("A2", 110.0, 120.0), ("B", 80.0, 70.0)]
    table = pd.DataFrame(rows, columns=["case_id", "reference_ml", "predicted_ml"])
    table = table.assign(group="mild", side="both", structure="cortex")
    found = average_volumes(table, {"A1": "A", "A2": "A", "B": "B"}, {"A": 70.0})
    assert found["case_id"].tolist() == ["A", "B"]
    assert found["reference_ml"].tolist() == [105, 80]  # by hand
    assert found["predicted_ml"].tolist() == [105, 70]
    assert found["egfr"].tolist() == pytest.approx([70, float("nan")], nan_ok=True)
