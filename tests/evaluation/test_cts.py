"""Patients with several CTs, in an evaluation."""

import pandas as pd
import pytest

from kseg.evaluation.one_run import describe_and_report
from kseg.evaluation.run_tables import egfr_of
from kseg.runs.config import read_config
from kseg.runs.folder import RunFolder


@pytest.fixture
def two_cts(finished_run, tmp_path):
    """A finished run whose patient P00 has a second CT, C04, which is of another group."""

    def two_cts(name, dice):
        folder = finished_run(tmp_path / name, dice, patients=range(8), overrides=(f"model={name}",))
        cohort = pd.read_csv(folder / "cohort.csv")
        cohort.loc[cohort["case_id"] == "C04", ["patient_id", "egfr", "group"]] = ["P00", 20.0, "severe"]
        cohort.to_csv(folder / "cohort.csv", index=False)
        metrics = pd.read_csv(folder / "metrics.csv")
        metrics.loc[metrics["case_id"] == "C04", "group"] = "severe"
        metrics.to_csv(folder / "metrics.csv", index=False)
        return folder

    return two_cts


def test_a_kidney_missed_in_one_ct_of_a_patient_is_missed(two_cts, compare, tmp_path):
    dice = [0.9, 0.8, 0.9, 0.8, 0.0, 0.8, 0.9, 0.8]
    two_cts("unet", dice)
    two_cts("vnet", [value and value - 0.1 for value in dice])
    two_cts("unetr", 0.5)
    compare(tmp_path / "*", output=tmp_path / "out")
    ranking = pd.read_csv(tmp_path / "out" / "ranking.csv")
    hd95 = ranking.query("metric == 'hd95_mm' and structure == 'parenchyma' and group == 'all'").set_index("setting")
    assert hd95["n"].tolist() == [7] * 3
    assert hd95["n_missing"].to_dict() == {"model=unet": 1, "model=vnet": 1, "model=unetr": 0}
    errors = ranking.query("metric == 'absolute_volume_error_ml' and group == 'all'")
    assert set(errors["mean"]) == {5.0}


def test_a_patient_with_cts_in_several_groups_is_told_and_stands_in_the_notes(two_cts, capsys):
    folder = two_cts("unet", [0.9, 0.8, 0.85, 0.7, 0.9, 0.75, 0.8, 0.65])
    run = RunFolder(folder)
    describe_and_report(run, {**read_config(run.config), "report": None})
    assert "P00: CTs in the groups control, severe; counted once, in control, the first CT's" in capsys.readouterr().out
    tests = pd.read_csv(folder / "tests.csv").query("metric == 'dice'").fillna({"note": ""})
    told = tests["note"].str.contains("patients with CTs in several groups, who count in the first CT's: 1")
    assert told[tests["contrast"] == "groups"].all()
    assert not told[tests["contrast"] != "groups"].any()


def test_the_egfr_is_that_of_the_first_ct_as_the_group_is(two_cts):
    cohort = pd.read_csv(two_cts("unet", 0.8) / "cohort.csv")
    egfr = egfr_of(cohort)
    assert (egfr["P00"], egfr["C04"]) == (100.0, 20.0)
    assert egfr_of(cohort[::-1])["P00"] == 100.0
