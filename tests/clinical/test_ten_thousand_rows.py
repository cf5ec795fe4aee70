"""Are ten thousand cases staged, split and written while one waits?"""

from functools import partial
from time import perf_counter

import numpy as np
import pandas as pd
import pytest

from kseg.clinical.cohort import build_cohort, cases_of, read_cohort, write_cohort
from kseg.clinical.egfr import ckd_epi_2009
from kseg.clinical.folds import all_folds, fold_split
from kseg.clinical.known_split import column_split, reused_split
from kseg.clinical.split import held_out_group_split, listed_split, stratified_split
from kseg.errors import InputError

pytestmark = pytest.mark.slow

CASES = 10_000
PATIENCE_S = 5.0
"""For the whole way with every split, which took 1.3 s on one core."""

stage = partial(
    build_cohort,
    equation=ckd_epi_2009,
    cut_points={"control": 90, "mild": 60, "moderate": 30, "severe": 0},
    fitted_ages=(18, 70),
)
SPLITS = {
    "fractions": partial(stratified_split, fractions={"train": 0.5, "val": 0.125, "test": 0.375}, seed=1),
    "counts": partial(stratified_split, counts={"train": None, "test": 6}, seed=1),
    "patients": partial(listed_split, train=None, val=["P00001"], test=["P00002"]),
    "column": column_split,
    "folds": partial(fold_split, folds=5, fold=2, repeat=1, val=0.125, seed=1),
    "held_out_group": partial(held_out_group_split, group="mild", val=0.125, seed=1),
}


@pytest.fixture(params=[1, 2], ids=["one CT each", "two CTs each"])
def rows(request):
    number = np.arange(CASES)
    patient = pd.Series(number // request.param).map("P{:05}".format)
    chance = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "case_id": patient + "_" + pd.Series(number % request.param).astype("str"),
            "patient_id": patient,
            "sex": np.where(number // request.param % 2, "F", "M"),
            "age": chance.uniform(10, 90, CASES),
            "creatinine_umol_l": chance.uniform(40, 600, CASES),
            **{"egfr": np.nan, "group": "", "split": np.where(number // request.param % 3, "train", "test")},
            **{"image": patient.map("/ct/{}.nii.gz".format), "parenchyma": "/p.nii.gz[1,2]", "cortex": ""},
        }
    )


def test_ten_thousand_cases_take_seconds_with_every_split(rows, tmp_path):
    start = perf_counter()
    cohort, remarks = stage(rows)
    for split in SPLITS.values():
        placed = split(cohort)
    write_cohort(tmp_path / "cohort.csv", placed)
    reused = reused_split(cohort, cohort=tmp_path)
    folds = all_folds(cohort, folds=5, repeat=0, val=0.125, seed=1)
    assert len(cases_of(read_cohort(tmp_path / "cohort.csv"))) == CASES
    assert perf_counter() - start < PATIENCE_S
    assert reused["split"].tolist() == placed["split"].tolist()
    assert sum(len(fold.test) for fold in folds) == CASES
    assert len(remarks) <= 3  # too young, too old, in several groups


def test_ten_thousand_bad_rows_are_told_as_fast(rows):
    bad = rows.assign(case_id="x/" + rows["patient_id"], age=-1.0, sex="?", group="none")
    start = perf_counter()
    with pytest.raises(InputError) as caught:
        stage(bad)
    assert perf_counter() - start < PATIENCE_S
    assert len(caught.value.problems) >= 3 * CASES


def test_ten_thousand_cases_of_which_the_table_disagrees_with_itself_are_told_briefly(rows):
    """Such a table has its eGFR by another equation, and a group of each case that is never the computed one."""
    _, remarks = stage(rows.assign(egfr=200.0, group="severe"))
    assert len(remarks) == 2 * 11
