import json
import logging

import numpy as np
import pandas as pd
import pytest
import wandb

from kseg.clinical.cohort import write_cohort
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.report.tables import write_table
from kseg.runs.folder import RunFolder
from kseg.runs.record import RunRecord
from kseg.tracking.tracked import Tracked

GRID = Grid((8, 8, 8), np.diag([2.0, 2.0, 2.0, 1.0]))


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "run")
    folder.path.mkdir(parents=True)
    return folder


@pytest.fixture
def cohort(tmp_path):
    """Two patients of a group; the outline of the first is gone."""
    map_ = np.zeros(GRID.shape, np.uint8)
    map_[1:4, 1:5, 1:7] = 1  # so that no plane looks like another
    files = {name: tmp_path / "clinic" / f"{name}.nii.gz" for name in ("ct", "outline")}
    write_nifti(files["ct"], 200 * map_.astype(np.int16), GRID)
    write_nifti(files["outline"], map_, GRID)
    known = {"sex": "F", "age": 60.0, "creatinine_umol_l": 90.0, "egfr": 61.0, "group": "mild", "split": "test"}
    places = {"image": str(files["ct"]), "cortex": ""}
    outlines = {"P117": f"{tmp_path}/gone.nii.gz", "P118": str(files["outline"])}
    rows = [{"case_id": one, "patient_id": one, **known, **places, "parenchyma": outlines[one]} for one in outlines]
    return pd.DataFrame(rows)


@pytest.fixture
def config(tmp_path):
    logger = {
        "_target_": "kseg.tracking.wandb_logger.wandb_logger",
        "_partial_": True,
        **{"project": "kseg", "group": "tracked", "overrides": [], "tags": [], "folder": str(tmp_path)},
        **{"mode": "offline", "artifacts": ["report"]},
    }
    return {
        "name": "tracked",
        "data": {"root": str(tmp_path / "clinic")},
        "cohort": {"cut_points": {"mild": 60}},
        "report": {"_target_": "kseg.report.page.write_report", "_partial_": True, "window_hu": [-150, 300]},
        "logger": logger,
        "paths": {"tracking": str(tmp_path)},
    }


@pytest.fixture
def scored(run, cohort):
    dice = pd.DataFrame({"case_id": cohort["case_id"], "group": "mild", "side": "both", "structure": "parenchyma"})
    write_table(run.metrics, dice.assign(metric="dice", value=[0.9, 0.8]))
    write_table(
        run.groups, pd.DataFrame({"structure": ["parenchyma"], "metric": "dice", "group": "mild", "mean": 0.85})
    )
    write_table(
        run.tests, pd.DataFrame({name: [] for name in ("structure", "metric", "test", "p", "p_holm", "verdict")})
    )
    for case in cohort["case_id"]:
        write_nifti(run.prediction(case), np.ones(GRID.shape, np.uint8), GRID)


@pytest.fixture
def tracked(run, config):
    told = Tracked(run, config, RunRecord(run.status))
    yield told
    told.end(None)


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "kseg" and record.levelname == "WARNING"]


def test_a_logger_that_cannot_be_begun_stops_no_training(tracked, config, cohort, caplog):
    strange = {**config, "logger": {**config["logger"], "colour": "red"}}
    assert tracked.start(strange, cohort) is False
    tracked.choose({"val/dice/cortex": 0.8})
    assert tracked.reporting(strange) is strange
    tracked.results({})
    (line,) = said(caplog)
    assert "does not take the run (" in line


def test_a_folder_that_takes_no_files_stops_no_training_and_the_plain_report_is_written(
    tracked, config, cohort, scored, tmp_path, caplog
):
    (tmp_path / "wandb" / "artifacts").mkdir(parents=True)
    (tmp_path / "wandb" / "artifacts" / "kseg").write_text("")  # no folder can be made in it
    tracked.start(config, cohort)
    assert tracked.reporting(config) is config
    tracked.results({})
    assert any("does not take the report's copy (NotADirectoryError" in line for line in said(caplog))


def test_without_a_report_there_is_no_copy(tracked, config, cohort):
    none = {**config, "report": {}}
    tracked.start(none, cohort)
    assert tracked.reporting(none) is none


def test_a_patient_whose_outline_is_gone_leaves_the_others_of_the_group(
    tracked, config, cohort, scored, tmp_path, caplog
):
    tracked.start(config, cohort)
    tracked.results({})
    pictures = list(tmp_path.glob("wandb/offline-run-*/files/media/images/pictures/test/*.png"))
    assert len(pictures) == 3  # of the other patient, in three planes
    (line,) = said(caplog)
    assert "does not take pictures (InputError" in line


def test_a_report_that_states_no_window_costs_the_pictures_alone(tracked, config, cohort, scored, tmp_path, caplog):
    other = {**config, "report": {"_target_": "clinic.page", "_partial_": True}}
    tracked.start(other, cohort)
    tracked.results({})
    (line,) = said(caplog)
    assert "does not take pictures (KeyError" in line
    (table,) = tmp_path.glob("wandb/offline-run-*/files/media/table/tables/metrics*.json")
    assert len(json.loads(table.read_text())["data"]) == 2


def test_a_run_that_fails_before_its_second_attempt_hides_the_patients_of_its_first(
    run, config, cohort, tmp_path, caplog
):
    write_cohort(run.cohort, cohort)
    told = Tracked(run, {**config, "name": "P117 again"}, RunRecord(run.status))
    with caplog.at_level(logging.WARNING):
        told.end(ValueError("P117"))
    wandb.teardown()  # its process has then written the file whole
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    assert b"P117" not in file.read_bytes()
    assert b" again" in file.read_bytes()


def test_a_run_whose_cohort_was_refused_makes_no_key_and_tells_of_no_time(run, config, tmp_path, caplog, wandb_records):
    (tmp_path / "clinic").mkdir()
    told = Tracked(run, config, RunRecord(run.status))
    with caplog.at_level(logging.INFO):
        told.end(InputError("P1: no outline"))
    wandb.teardown()  # its process has then written the file whole
    (records,) = wandb_records(tmp_path, told.record.status.tracking_id)
    assert records[-1]["exit"]["exit_code"] == 1
    assert list((tmp_path / "clinic").iterdir()) == []
    assert [line.getMessage() for line in caplog.records if line.name == "kseg"] == []


def test_a_run_that_breaks_after_its_training_tells_how_long_logging_took(run, config, cohort, caplog):
    told = Tracked(run, config, RunRecord(run.status))
    told.start(config, cohort)
    run.last_checkpoint.parent.mkdir()
    run.last_checkpoint.touch()
    with caplog.at_level(logging.INFO):
        told.end(ValueError("no report"))
    assert "Logging took" in caplog.text
