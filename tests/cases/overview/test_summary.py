"""Is a cohort told as it is, group by group?"""

import math

import numpy as np
import pandas as pd
import pytest

from kseg.cases.overview.fingerprint import Brightness, Fingerprint
from kseg.cases.overview.summary import (
    CASE_COLUMNS,
    case_table,
    cut_by_group,
    patients_by_group,
    rounded,
    spread_by_group,
)
from kseg.cases.overview.summary_text import summary_tables
from kseg.clinical.cohort import COHORT_COLUMNS
from kseg.images import Grid

GROUPS = ("control", "mild", "moderate", "severe")


def cohort_of(*rows):
    """Rows of case, patient, sex, age, eGFR, group and split."""
    names = ["case_id", "patient_id", "sex", "age", "egfr", "group", "split"]
    return pd.DataFrame(rows, columns=names).reindex(columns=list(COHORT_COLUMNS)).assign(image="", cortex="")


COHORT = cohort_of(
    ("A1", "A", "F", 40.0, 95.5, "control", "train"),
    ("A2", "A", "F", 41.0, 101.5, "control", "train"),
    ("B", "B", "M", 60.0, 92.0, "control", "test"),
    ("C", "C", "", 80.0, 12.25, "severe", "train"),
    ("D", "D", "M", math.nan, math.nan, "", "val"),
)


def fingerprint(parenchyma_ml, cortex_ml=math.nan, *, step_mm=4.0, kidneys=2, at_the_edge=False):
    return Fingerprint(
        grid=Grid((200, 150, 30), np.diag([-1.5, -1.5, step_mm, 1.0])),
        parenchyma_ml=parenchyma_ml,
        cortex_ml=cortex_ml,
        medulla_ml=parenchyma_ml - cortex_ml,
        right_ml=parenchyma_ml,
        left_ml=0.0 if kidneys == 1 else 1.0,
        parenchyma=Brightness(120, 50, 200),
        cortex=Brightness(160, 60, 210) if cortex_ml > 0 else Brightness(),
        medulla=Brightness(90, 50, 130) if cortex_ml > 0 else Brightness(),
        around=Brightness(-70, -110, 100),
        at_the_edge=at_the_edge,
    )


FINGERPRINTS = {
    "A1": fingerprint(300.0, 180.0),
    "A2": fingerprint(310.04, 190.0, step_mm=3.0, at_the_edge=True),
    "B": fingerprint(350.0, 200.0),
    "C": fingerprint(120.0, kidneys=1),
}


@pytest.fixture
def cases():
    return case_table(COHORT, FINGERPRINTS)


def texts(tables):
    return {table.title: {row[0]: row[1:] for row in table.rows} for table in tables}


def test_a_case_has_a_row_whether_it_was_measured_or_not(cases):
    assert tuple(cases.columns) == CASE_COLUMNS
    assert cases["case_id"].tolist() == ["A1", "A2", "B", "C", "D"]
    assert cases["kdigo"].tolist() == ["G1", "G1", "G1", "G5", ""]
    assert cases["parenchyma_ml"].tolist()[:4] == [300, 310.04, 350, 120]
    assert cases["cortex_hu"].isna().tolist() == [False, False, False, True, True]
    assert cases.loc[4, ["orientation", "shape", "at_the_edge"]].tolist() == ["", "", ""]
    assert cases.loc[0, ["orientation", "shape", "at_the_edge"]].tolist() == ["LPS", "200 x 150 x 30", "no"]
    assert cases.loc[0, ["right_left_mm", "front_back_mm", "head_feet_mm"]].tolist() == [300, 225, 120]


def test_a_table_is_written_with_the_decimals_that_can_be_measured(cases):
    lines = rounded(cases)[["case_id", "parenchyma_ml", "slices", "kidneys", "anisotropy"]].to_csv(index=False)
    assert lines.splitlines() == [
        "case_id,parenchyma_ml,slices,kidneys,anisotropy",
        *("A1,300.0,30,2,2.667", "A2,310.0,30,2,2.0", "B,350.0,30,2,2.667", "C,120.0,30,1,2.667", "D,,,,"),
    ]


def test_groups_come_in_order_with_those_that_nobody_is_in(cases):
    assert list(cut_by_group(cases, GROUPS)) == [*GROUPS, "no group", "all"]
    assert list(cut_by_group(cases.assign(group=""), GROUPS)) == ["all"]
    assert list(cut_by_group(cases.assign(group="donor"), ("control",))) == ["control", "donor", "all"]


def test_patients_are_counted_once_and_their_cts_each(cases):
    counts = patients_by_group(cases, GROUPS).set_index("group")
    assert counts.loc["control"].to_dict() == {
        **{"patients": 2, "cases": 3, "women": 1, "men": 1},
        **{"train": 1, "val": 0, "test": 1},
    }
    assert counts.loc["mild"].sum() == 0
    assert counts.loc["all", ["patients", "cases", "women", "men", "train", "val", "test"]].tolist() == [
        *(4, 5, 1, 2),
        *(2, 1, 1),
    ]


def test_spreads_are_those_of_the_cases_that_have_the_number(cases):
    spreads = spread_by_group(cases, GROUPS, ["cortex_ml"]).set_index("group")
    assert spreads.loc["control", ["n", "mean", "low", "high"]].tolist() == [3, 190, 180, 200]
    assert spreads.loc["all", "n"] == 3
    assert spreads.loc["severe", "n"] == 0
    assert math.isnan(spreads.loc["severe", "mean"])


def test_the_tables_say_it_in_words(cases):
    told = texts(summary_tables(cases, GROUPS))
    assert told["Patients"]["control"] == ("2", "3", "96 (92 to 102)", "47 (40 to 60)", "1/1", "1/0/1")
    assert told["Patients"]["severe"] == ("1", "1", "12", "80", "0/0", "1/0/0")
    assert told["Patients"]["no group"] == ("1", "1", "\N{EN DASH}", "\N{EN DASH}", "0/1", "0/1/0")
    assert told["Volumes, ml"]["control"] == ("320 (300 to 350)", "190 (180 to 200)", "130 (120 to 150)")
    assert told["Volumes, ml"]["severe"] == ("120", "\N{EN DASH}", "\N{EN DASH}")
    assert told["Brightness, HU"]["all"] == ("120", "160", "90", "\N{MINUS SIGN}70")
    assert told["Scans"]["kidneys"] == ("two in 3 CTs, one in C",)
    assert told["Scans"]["slice spacing"] == ("3.75 (3.00 to 4.00) mm",)
    assert told["Scans"]["orientation"] == ("LPS in 4 CTs",)
    assert told["Scans"]["outlined up to the CT's edge"] == ("A2",)


def test_kdigo_stages_are_counted(cases):
    assert "CTs by KDIGO stage: G1 3, G5 1." in summary_tables(cases, GROUPS)[0].note


def test_a_cohort_without_groups_cortex_or_egfr_has_one_row_a_table():
    cohort = COHORT.assign(group="", egfr=math.nan, age=math.nan, split="")
    bare = {case: fingerprint(found.parenchyma_ml) for case, found in FINGERPRINTS.items()}
    patients, volumes, brightness, _ = summary_tables(case_table(cohort, bare), GROUPS)
    dash = "\N{EN DASH}"
    assert patients.rows == (("all", "4", "5", dash, dash, "1/2", dash),)
    assert patients.note.endswith("No CT has an eGFR.")
    assert volumes.columns == ("group", "parenchyma")
    assert volumes.note.endswith("No cortex is outlined.")
    assert brightness.columns == ("group", "parenchyma", "around")


def test_a_cohort_of_which_nothing_could_be_measured_has_its_patients_alone():
    assert [table.title for table in summary_tables(case_table(COHORT, {}), GROUPS)] == ["Patients"]


def test_many_shapes_are_counted(cases):
    shapes = {f"shape {number}" for number in range(4)}
    told = texts(summary_tables(cases.assign(shape=[*sorted(shapes), ""]), GROUPS))
    assert told["Scans"]["shape"] == ("4 different ones, see the table of cases",)
