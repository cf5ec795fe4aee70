"""Does a cohort come together as it was drawn, and is everything that is wrong told in one go?"""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from kseg.cases.check.cohort import check_cases
from kseg.cases.gather import gather_cohort
from kseg.clinical.cohort import build_cohort
from kseg.clinical.egfr import ckd_epi_2009
from kseg.clinical.known_split import column_split
from kseg.clinical.rows import ROW_COLUMNS, Imported
from kseg.clinical.split import listed_split
from kseg.errors import InputError

STAGE = partial(
    build_cohort, equation=ckd_epi_2009, cut_points={"control": 90, "mild": 60, "moderate": 30, "severe": 0}
)
CHECK = partial(check_cases, max_outside=0.01)
FIRST_TRAINS = partial(listed_split, train=["P1"], val=[], test=None)


@pytest.fixture
def rows(small):
    """Three patients on the same files; each row is one that an importer hands over."""
    given = [
        {
            **{"case_id": name, "patient_id": name, "sex": "M", "age": 50.0, "creatinine_umol_l": 100.0},
            **{"egfr": np.nan, "group": "", "split": "", "image": str(small.folder / "ct.nii.gz")},
            **{kind: str(small.folder / f"{kind}.nii.gz") for kind in ("parenchyma", "cortex")},
        }
        for name in ("P1", "P2", "P3")
    ]
    return pd.DataFrame(given, index=[2, 3, 4], columns=list(ROW_COLUMNS))


def gather(imported, *, stage=STAGE, check=CHECK, split=FIRST_TRAINS):
    return gather_cohort(imported, stage=stage, check=check, split=split)


def test_a_sound_cohort_is_staged_and_split_without_a_word(rows):
    gathered = gather(Imported(rows))
    assert (gathered.problems, gathered.remarks) == ((), ())
    cohort = gathered.usable()
    assert cohort["group"].tolist() == ["mild"] * 3
    assert cohort["split"].tolist() == ["train", "test", "test"]


def test_problems_of_the_table_of_values_and_of_files_are_told_in_one_go(rows, small):
    (small.folder / "broken.nii.gz").write_bytes(b"no CT")
    rows.loc[2, "age"] = -5
    rows.loc[3, "image"] = str(small.folder / "broken.nii.gz")
    rows.loc[4, "sex"] = ""
    told = "clinical.csv row 4 (P3): sex 'x'; F or M is needed"
    gathered = gather(Imported(rows, problems=(told,), unreadable=frozenset({4})))
    assert [problem.split(":")[0] for problem in gathered.problems] == ["clinical.csv row 4 (P3)", "P1", "P2"]
    with pytest.raises(InputError) as caught:
        gathered.usable()
    assert caught.value.problems == gathered.problems


def test_a_label_map_that_names_no_cortex_is_parenchyma_alone(rows, small):
    small.write("labels.nii.gz", small.parenchyma * np.uint8(3))
    labels = f"{small.folder}/labels.nii.gz"
    rows.loc[3, ["parenchyma", "cortex"]] = [f"{labels}[1,2,3]", f"{labels}[2,?3]"]
    gathered = gather(Imported(rows))
    assert gathered.usable()["cortex"].tolist() == [rows["cortex"][2], "", rows["cortex"][4]]
    assert "1 case with a label map that names no cortex, taught and scored as parenchyma alone: P2" in gathered.remarks


def test_cases_without_parenchyma_are_left_out_where_that_is_asked_for(rows, small):
    small.write("nothing.nii.gz", small.parenchyma * np.uint8(0))
    rows.loc[4, ["parenchyma", "cortex"]] = [f"{small.folder}/nothing.nii.gz", ""]
    gathered = gather(Imported(rows), check=partial(CHECK, empty="leave_out"))
    assert gathered.usable()["case_id"].tolist() == ["P1", "P2"]
    assert gathered.remarks == ("1 case is left out, for no parenchyma is drawn there: P3",)


def test_a_split_that_the_table_states_is_used_or_its_neglect_told(rows):
    rows["split"] = ["test", "train", "val"]
    assert gather(Imported(rows), split=column_split).usable()["split"].tolist() == ["test", "train", "val"]
    told = "the data state a split of their own, which is not used; split=column uses it"
    assert gather(Imported(rows)).remarks == (told,)


def test_a_split_that_leaves_nobody_to_learn_from_or_to_test_is_refused(rows):
    gathered = gather(Imported(rows), split=partial(listed_split, train=None, val=[], test=[]))
    assert gathered.problems == ("the split leaves no patient for test; set other shares or counts",)
