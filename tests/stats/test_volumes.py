"""Volumes in the table of tests."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kseg.stats.agreement import bland_altman
from kseg.stats.finding import TEST_COLUMNS
from kseg.stats.pearson import pearson_with_egfr
from kseg.stats.trend import spearman_with_egfr
from kseg.stats.volumes import average_volumes, compare_volumes, cortical_fractions

GROUPS = ["control", "severe"]
TESTS = {"bland_altman": partial(bland_altman)}
TRENDS = {"spearman": partial(spearman_with_egfr), "pearson": partial(pearson_with_egfr)}


def row(case, structure, reference_ml, predicted_ml, side="both", group="control"):
    return dict(
        case_id=case, group=group, side=side, structure=structure, reference_ml=reference_ml, predicted_ml=predicted_ml
    )


@pytest.fixture
def volumes():
    """Twelve patients; the cortex is a share of the parenchyma that falls."""
    random = np.random.default_rng(3)
    rows = []
    for place in range(12):
        whole = random.normal(150, 30)
        cortex = whole * (0.7 - 0.02 * place + random.normal(0, 0.03))
        for structure, ml in (("parenchyma", whole), ("cortex", cortex), ("medulla", whole - cortex)):
            group = GROUPS[place // 6]
            rows.append(row(f"P{place}", structure, ml, ml + random.normal(2, 5), group=group))
            rows.append(row(f"P{place}", structure, ml / 2, np.nan, side="left", group=group))
    return pd.DataFrame(rows)


@pytest.fixture
def egfr():
    return {f"P{place}": 110.0 - 8 * place for place in range(12)}


def test_volumes_are_held_against_the_outlines_in_each_structure(volumes, egfr):
    found = compare_volumes(volumes, tests=TESTS, trends={}, groups=GROUPS, egfr=egfr)
    assert tuple(found.columns) == TEST_COLUMNS
    assert found["structure"].unique().tolist() == ["parenchyma", "cortex", "medulla"]
    assert set(found["metric"]) == {"volume_ml"}
    assert found["contrast"].tolist() == ["bias", "lower limit", "upper limit", "proportional bias"] * 3
    assert set(found["n"]) == {12}
    bias = found[found["contrast"] == "bias"]
    assert bias["p_holm"].min() == pytest.approx(3 * bias["p"].min())


def test_volumes_and_fraction_follow_the_egfr_as_outlined_and_as_predicted(volumes, egfr):
    found = compare_volumes(volumes, tests={}, trends=TRENDS, groups=GROUPS, egfr=egfr)
    found = found.set_index(["structure", "metric", "test", "contrast"])["effect"]
    assert len(found) == (3 + 1) * 2 * 2
    wide = volumes[volumes["side"] == "both"].pivot(index="case_id", columns="structure")
    kidney_function = [egfr[case] for case in wide.index]
    for contrast, column in (("outlined", "reference_ml"), ("predicted", "predicted_ml")):
        cortex = wide[column]["cortex"]
        share = cortex / wide[column]["parenchyma"]
        expected = stats.spearmanr(cortex, kidney_function).statistic
        assert found["cortex", "volume_ml", "spearman", contrast] == pytest.approx(expected)
        expected = stats.pearsonr(share, kidney_function).statistic
        assert found["cortex", "cortical_fraction", "pearson", contrast] == pytest.approx(expected)


def test_several_cts_of_a_patient_are_one_patient():
    table = pd.DataFrame(
        [row("A1", "cortex", 100.0, 90.0), row("A2", "cortex", 110.0, 130.0), row("B1", "cortex", 80.0, 81.0)]
    )
    averaged = average_volumes(table, {"A1": "A", "A2": "A", "B1": "B"})
    assert averaged.columns.tolist() == table.columns.tolist()
    assert averaged[["case_id", "reference_ml", "predicted_ml"]].to_numpy().tolist() == [["A", 105, 110], ["B", 80, 81]]
    assert average_volumes(table, {})["predicted_ml"].tolist() == [90, 130, 81]


def test_the_cortical_fraction_is_a_share_of_the_parenchyma():
    table = pd.DataFrame(
        [
            *(row("A", "parenchyma", 150.0, 160.0), row("A", "cortex", 90.0, 80.0)),
            *(row("B", "parenchyma", 0.0, 0.0), row("B", "cortex", 0.0, 0.0)),
        ]
    )
    first, second = cortical_fractions(table)[["reference_ml", "predicted_ml"]].to_numpy()
    assert first.tolist() == [0.6, 0.5]
    assert np.isnan(second).all()


def test_two_patients_give_rows_that_say_so(volumes, egfr):
    few = volumes[volumes["case_id"].isin(["P0", "P1"])]
    found = compare_volumes(few, tests=TESTS, trends=TRENDS, groups=GROUPS, egfr=egfr)
    assert found["p"].isna().all()
    assert found["note"].str.startswith("not computed: fewer than ").all()


def test_without_any_egfr_the_trends_say_so(volumes):
    found = compare_volumes(volumes, tests={}, trends=TRENDS, groups=GROUPS)
    assert set(found["note"]) == {"not computed: the table has no eGFR"}


def test_what_is_not_divided_gives_rows_that_say_so(volumes, egfr):
    volumes.loc[volumes["structure"] != "parenchyma", "predicted_ml"] = np.nan
    found = compare_volumes(volumes, tests=TESTS, trends={}, groups=GROUPS, egfr=egfr).set_index("structure")
    assert found.loc["cortex", "note"] == "not computed: fewer than 3 patients; without one of the two: 12"


def test_a_table_without_volumes_gives_no_row(volumes, egfr):
    how = {"tests": TESTS, "trends": TRENDS, "groups": GROUPS, "egfr": egfr}
    assert compare_volumes(volumes.iloc[:0], **how).empty
    assert len(compare_volumes(volumes, **how)) == 3 * 4 + 4 * 4
