"""Do the choices of cohort and split build what they promise?"""

from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.clinical.cohort import write_cohort

CONF = Path(__file__).parents[2] / "conf"
SEED = "+seed=7"


def built(group, *overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return instantiate(compose(overrides=[f"+{group}", *overrides])[group.split("=")[0]], _convert_="all")


def row_of(**stated):
    row = {"case_id": "P1", "patient_id": "P1", "sex": "M", "age": 60, "creatinine_umol_l": 1.4 * 88.4, "egfr": None}
    return pd.DataFrame([{**row, "group": "", "split": "", "image": "a", "parenchyma": "b", "cortex": "", **stated}])


@pytest.mark.parametrize(
    ("choice", "egfr"),
    [
        # of a man of 60 with 1.4 mg/dL, by the R package kidney.epi: its vignette, and the examples of egfr.ekfc.cr and
        # of egfr.mdrd4, which prints 54.94 by 186 for creatinine that is not traceable to IDMS
        ("ckd_epi_2009", 54.22),
        ("ekfc_2021", 53.56),
        ("mdrd_2006", 54.94 * 175 / 186),
        # the papers' formulas by hand
        ("ckd_epi_2021", 57.54),
        ("chinese_mdrd_2006", 55.52),
    ],
)
def test_a_cohort_choice_is_an_equation_with_the_stages(choice, egfr):
    cohort, remarks = built(f"cohort={choice}")(row_of())
    assert cohort["egfr"][0] == pytest.approx(egfr, abs=0.01)
    assert cohort["group"][0] == "moderate"
    assert remarks == ()


def choices(group):
    return sorted(file.stem for file in (CONF / group).glob("*.yaml") if not file.stem.startswith("_"))


@pytest.mark.parametrize("choice", choices("cohort"))
def test_equations_share_all_but_themselves(choice):
    settings = built(f"cohort={choice}").keywords
    assert settings["cut_points"] == {"control": 90, "mild": 60, "moderate": 30, "severe": 0}
    assert settings["ungrouped"] == "refuse"


@pytest.mark.parametrize(
    ("choice", "age", "said"),
    [
        ("ckd_epi_2009", 17, "1 patient is younger than 18, for whom CKD-EPI 2009 was not fitted: P1"),
        ("ckd_epi_2021", 17, "1 patient is younger than 18, for whom CKD-EPI 2021 was not fitted: P1"),
        ("mdrd_2006", 71, "1 patient is older than 70, for whom MDRD-175 was not fitted: P1"),
        ("chinese_mdrd_2006", 17, "1 patient is younger than 18, for whom Chinese MDRD was not fitted: P1"),
        ("ekfc_2021", 1.9, "1 patient is younger than 2, for whom EKFC was not fitted: P1"),
    ],
)
def test_each_choice_knows_for_whom_its_equation_was_fitted(choice, age, said):
    assert built(f"cohort={choice}")(row_of(age=age))[1] == (said,)


def test_mdrd_is_remarked_where_it_is_imprecise():
    remarks = built("cohort=mdrd_2006")(row_of(creatinine_umol_l=60))[1]
    assert remarks == ("1 patient has an eGFR above 90, where MDRD-175 is not precise: P1",)


@pytest.mark.parametrize(
    ("choice", "sizes"),
    [
        (["split=study", SEED], {"train": 8, "val": 2, "test": 6}),
        (["split=counts", SEED, "split.counts.test=5"], {"train": 9, "val": 2, "test": 5}),
        (["split=fractions", SEED], {"train": 11, "val": 2, "test": 3}),
        (["split=patients", "split.test=[P00,P15]"], {"train": 14, "test": 2}),
        (["split=column"], {"train": 12, "test": 4}),
        (["split=folds", SEED], {"train": 11, "val": 1, "test": 4}),  # 16 = 4 + 3 + 3 + 3 + 3; 12 / 8 = 1.5
        (["split=folds", SEED, "split.fold=4", "split.val=0"], {"train": 13, "test": 3}),
        (["split=held_out_group", SEED, "split.group=mild"], {"test": 16}),
    ],
)
def test_a_split_choice_divides_sixteen_patients(choice, sizes):
    names = [f"P{number:02}" for number in range(16)]
    cohort = pd.DataFrame(
        {"case_id": names, "patient_id": names, "group": "mild", "split": ["train"] * 12 + ["test"] * 4}
    )
    assert built(*choice)(cohort)["split"].value_counts().to_dict() == sizes


def test_a_split_is_reused_from_a_runs_folder(tmp_path):
    rows = row_of(case_id="P1", split="test")
    write_cohort(tmp_path / "cohort.csv", rows)
    assert built("split=reuse", f"split.cohort={tmp_path}")(rows.assign(split=""))["split"].tolist() == ["test"]
