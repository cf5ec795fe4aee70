"""Do the choices of cohort and split build what they promise?"""

from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

CONF = Path(__file__).parents[2] / "conf"
SEED = "+seed=7"


def built(group, *overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return instantiate(compose(overrides=[f"+{group}", *overrides])[group.split("=")[0]], _convert_="all")


@pytest.mark.parametrize(("choice", "egfr"), [("ckd_epi_2009", 54.22), ("ckd_epi_2021", 57.54)])
def test_a_cohort_choice_is_an_equation_with_the_stages(choice, egfr):
    """A man of 60 with 1.4 mg/dL: the R package kidney.epi by CKD-EPI 2009; the paper's formula by hand for 2021."""
    row = {"case_id": "P1", "patient_id": "P1", "sex": "M", "age": 60, "creatinine_umol_l": 1.4 * 88.4}
    rows = pd.DataFrame([{**row, "egfr": None, "group": "", "image": "a", "parenchyma": "b", "cortex": ""}])
    cohort, _ = built(f"cohort={choice}")(rows)
    assert cohort["egfr"][0] == pytest.approx(egfr, abs=0.1)
    assert cohort["group"][0] == "moderate"


def test_both_equations_share_the_cut_points():
    first, second = (built(f"cohort={choice}").keywords["cut_points"] for choice in ("ckd_epi_2009", "ckd_epi_2021"))
    assert first == second == {"control": 90, "mild": 60, "moderate": 30, "severe": 0}


@pytest.mark.parametrize(
    ("choice", "sizes"),
    [
        (["split=study", SEED], {"train": 8, "val": 2, "test": 6}),
        (["split=counts", SEED, "split.counts.test=5"], {"train": 9, "val": 2, "test": 5}),
        (["split=fractions", SEED], {"train": 11, "val": 2, "test": 3}),
        (["split=patients", "split.test=[P00,P15]"], {"train": 14, "test": 2}),
    ],
)
def test_a_split_choice_divides_sixteen_patients(choice, sizes):
    names = [f"P{number:02}" for number in range(16)]
    cohort = pd.DataFrame({"case_id": names, "patient_id": names, "group": "mild"})
    assert built(*choice)(cohort)["split"].value_counts().to_dict() == sizes
