"""Is a table of ten thousand cases read, staged, split and written while one waits?"""

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.table.clinic_table import read_clinic_table
from kseg.clinical.cohort import read_cohort, write_cohort

pytestmark = pytest.mark.slow

CONF = Path(__file__).parents[2] / "conf"
CASES = 10_000
PATIENCE_S = 5.0


@pytest.fixture(params=[1, 2], ids=["one CT each", "two CTs each"])
def table(request, tmp_path):
    chance = np.random.default_rng(1)
    ages, creatinines = chance.uniform(18, 90, CASES), chance.uniform(40, 600, CASES)
    lines = ["case_id,patient_id,sex,age,creatinine_umol_l"]
    for case, (age, creatinine) in enumerate(zip(ages, creatinines, strict=True)):
        patient = case // request.param
        lines.append(
            f"P{patient:05}_{case % request.param},P{patient:05},{'FM'[patient % 2]},{age:.1f},{creatinine:.1f}"
        )
    path = tmp_path / "clinical.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_ten_thousand_rows_become_a_cohort_in_seconds(table):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+cohort=ckd_epi_2009", "+split=study", "+seed=1"])
    stage, split = (instantiate(config[step], _convert_="all") for step in ("cohort", "split"))
    start = perf_counter()
    imported = read_clinic_table(table)
    cohort, _ = stage(imported.rows)
    write_cohort(table.with_name("cohort.csv"), split(cohort))
    assert perf_counter() - start < PATIENCE_S
    assert imported.problems == ()
    shares = read_cohort(table.with_name("cohort.csv"))["split"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"train": 0.5, "test": 0.375, "val": 0.125}, abs=0.001)
