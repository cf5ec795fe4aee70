"""Are the equations the published ones?"""

import json

import numpy as np
import pandas as pd
import pytest

from kseg.clinical.egfr import (
    UMOL_L_PER_MG_DL,
    chinese_mdrd_2006,
    ckd_epi_2009,
    ckd_epi_2021,
    ekfc_2021,
    ekfc_2021_median_umol_l,
    mdrd_2006,
)
from kseg.errors import InputError

EQUATIONS = {
    **{"ckdepi2009": ckd_epi_2009, "ckdepi2021": ckd_epi_2021, "mdrd": mdrd_2006},
    **{"chinese_mdrd": chinese_mdrd_2006, "ekfc": ekfc_2021},
}


@pytest.mark.parametrize(
    ("equation", "creatinine_mg_dl", "age", "sex", "published", "tolerance"),
    [
        # the R package kidney.epi (CRAN), vignette gfr
        (ckd_epi_2009, 1.4, 60, "M", 54.22, 0.005),
        # the R package clinPK (InsightRX), tests/testthat/test_calc_egfr.R
        (ckd_epi_2021, 0.8, 80, "F", 74, 0.5),
        (ckd_epi_2021, 0.8, 80, "M", 89, 0.5),
        # the R package scicalc (jelwing), tests/testthat/test-mdrd_egfr.R
        (mdrd_2006, 1, 24, "M", 91.803, 0.0005),
        (mdrd_2006, 1, 24, "F", 68.118, 0.0005),
        # the R package tabletools (JMLuther), the example of calculate_egfr_mdrd
        (mdrd_2006, 0.6, 50, "M", 142.6, 0.05),
        (mdrd_2006, 2.0, 50, "M", 35.5, 0.05),
        # zshicode/eGFR_calculator with 80 umol/L at 88.42
        (chinese_mdrd_2006, 80 / 88.42, 30, "M", 107.71, 0.005),
        # the R package kidney.epi, the example of egfr.ekfc.cr
        (ekfc_2021, 1.4, 60, "M", 53.56, 0.006),
    ],
)
def test_published_values_are_met(equation, creatinine_mg_dl, age, sex, published, tolerance):
    assert equation(creatinine_mg_dl * UMOL_L_PER_MG_DL, age, sex) == pytest.approx(published, abs=tolerance)


@pytest.mark.parametrize(
    ("equation", "sex", "expected"),
    [
        (ckd_epi_2009, "F", 141 * 1.018),
        (ckd_epi_2009, "M", 141),
        (ckd_epi_2021, "F", 142 * 1.012),
        (ckd_epi_2021, "M", 142),
    ],
)
def test_creatinine_at_the_knot_leaves_the_papers_constants_alone(equation, sex, expected):
    knot_mg_dl = {"F": 0.7, "M": 0.9}[sex]
    assert equation(knot_mg_dl * UMOL_L_PER_MG_DL, 0, sex) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("equation", "sex", "expected"),
    [
        (mdrd_2006, "M", 175),
        (mdrd_2006, "F", 175 * 0.742),
        (chinese_mdrd_2006, "M", 175),
        (chinese_mdrd_2006, "F", 138.25),
    ],
)
def test_creatinine_of_1_mg_dl_at_1_year_leaves_the_papers_constants_alone(equation, sex, expected):
    assert equation(UMOL_L_PER_MG_DL, 1, sex) == pytest.approx(expected)


@pytest.mark.parametrize(("age", "expected"), [(26, 107.3), (40, 107.3), (50, 107.3 * 0.990**10)])
@pytest.mark.parametrize(("sex", "median_umol_l"), [("F", 62), ("M", 80)])
def test_ekfc_at_the_median_creatinine_is_its_constant_and_falls_from_40_years(age, expected, sex, median_umol_l):
    assert ekfc_2021(median_umol_l, age, sex) == pytest.approx(expected)


@pytest.mark.parametrize(("relative", "exponent"), [(0.5, -0.322), (2, -1.132)])
def test_ekfc_bends_at_the_median_creatinine(relative, exponent):
    assert ekfc_2021(62 * relative, 30, "F") == pytest.approx(107.3 * relative**exponent)


@pytest.mark.parametrize("age", [2, 5, 8, 10])
@pytest.mark.parametrize("sex", ["F", "M"])
def test_the_median_creatinine_of_children_is_near_the_straight_line_found_before(age, sex):
    """Hoste 2014 (Nephrol Dial Transplant 29:1082-1091): Q = 0.0270 age + 0.2329 mg/dL, for both sexes up to 14."""
    line_umol_l = (0.0270 * age + 0.2329) * UMOL_L_PER_MG_DL
    assert ekfc_2021_median_umol_l(age, sex) == pytest.approx(line_umol_l, rel=0.1)


@pytest.mark.parametrize(("sex", "adult_umol_l"), [("F", 62), ("M", 80)])
def test_the_median_creatinine_of_the_young_reaches_the_adults_at_25(sex, adult_umol_l):
    assert ekfc_2021_median_umol_l(25, sex) == pytest.approx(adult_umol_l, rel=0.015)
    assert ekfc_2021_median_umol_l(25, sex) != adult_umol_l
    assert ekfc_2021_median_umol_l(25.01, sex) == adult_umol_l


def test_every_collected_published_value_is_met(shared_data):
    """The file names the source of each; where a source converts by 88.42, so does the test."""
    vectors = json.loads((shared_data / "egfr_vectors.json").read_text())["vectors"]
    assert len(vectors) == 17
    missed = [vector for vector in vectors if not _is_met(vector)]
    assert not missed


def _is_met(vector):
    factor = 88.42 if "88.42" in vector["src"] else UMOL_L_PER_MG_DL
    creatinine_mg_dl = vector["scr"] / factor if vector.get("unit") == "umol" else vector["scr"]
    equation = EQUATIONS[vector["eq"]]
    egfr = float(equation(creatinine_mg_dl * UMOL_L_PER_MG_DL, vector["age"], vector["sex"]))
    if "expected_floor" in vector:
        return int(egfr) == vector["expected_floor"]
    return abs(egfr - vector["expected"]) <= vector["tol"]


@pytest.mark.parametrize("equation", EQUATIONS.values())
def test_a_column_is_computed_row_by_row(equation):
    table = pd.DataFrame({"creatinine": [38.5, 151.4, 345.2], "age": [73, 86, 46], "sex": ["M", "F", "M"]})
    whole = equation(table["creatinine"], table["age"], table["sex"])
    assert whole.tolist() == pytest.approx([float(equation(*row)) for row in table.itertuples(index=False)])


@pytest.mark.parametrize("equation", EQUATIONS.values())
def test_missing_creatinine_or_age_is_nan(equation):
    assert np.isnan(equation([np.nan, 80, 80], [50, np.nan, 50], ["F", "F", "F"])).tolist() == [True, True, False]


def test_a_sex_that_the_equations_do_not_know_is_refused():
    with pytest.raises(InputError, match="sex 'female', 'x': the equations know F and M"):
        ckd_epi_2009([80, 80, 80], 50, ["female", "F", "x"])
