import json
import logging
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import wandb

from kseg.runs.ending import Terminated
from kseg.tracking.redaction import HIDDEN
from kseg.tracking.results import tell_tables
from kseg.tracking.wandb_logger import wandb_logger
from kseg.tracking.wandb_run import Account, _settings, shortened

DEAD_PORT = "http://127.0.0.1:9"  # RFC 863's discard service, which nobody runs


def start(facts, folder, mode="offline", group="a-sweep", **settings):
    return wandb_logger(
        facts,
        project="kseg",
        group=group,
        overrides=["seed=7", "data.root=/data/clinic"],
        tags=["unet_tiny"],
        folder=str(folder),
        mode=mode,
        **settings,
    )


def offline_run(folder):
    """What W&B's own terminal viewer reads back from the run's file, a record a line."""
    (file,) = Path(folder).glob("wandb/offline-run-*/run-abc12345.wandb")
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(file)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines], file


def summary(records):
    values = {}
    for record in records:
        values |= record.get("summary", {}).get("update", {})
    return values


def words(caplog):
    """What kseg says, and not what W&B says of itself."""
    return [record.getMessage() for record in caplog.records if record.name == "kseg"]


@pytest.mark.parametrize(
    ("error", "state", "reason", "exit_code"),
    [
        (None, "finished", "", 0),
        (RuntimeError("P117 is broken"), "failed", "RuntimeError", 1),
        (Terminated(15), "killed", "SIGTERM", 255),
        (KeyboardInterrupt(), "killed", "Ctrl-C", 255),
    ],
)
def test_a_run_has_its_name_group_and_config_and_ends_truly(tmp_path, facts, error, state, reason, exit_code):
    logger = start(facts, tmp_path)
    logger.log_metrics({"train/loss": 0.5}, step=1)
    logger.run.summarize({"test/dice/cortex": 0.83})
    logger.run.end(error)
    assert wandb.run is None
    records, file = offline_run(tmp_path)
    text = json.dumps(records)
    for expected in ("a-sweep", "seed=7", "unet_tiny", "d" * 64, "train/loss", "test/dice/cortex"):
        assert expected in text
    content = file.read_bytes()
    for secret in ("/data/clinic", "P117", "LiWei", str(tmp_path)):
        assert secret.encode() not in content
    (started,) = [record["run"] for record in records if record["type"] == "run"]
    assert started["host"] == HIDDEN
    assert not {"username", "user", "program"} & set(started)
    assert [record["exit"].get("exit_code", 0) for record in records if record["type"] == "exit"] == [exit_code]
    assert (summary(records)["ended"], summary(records)["reason"]) == (state, reason)


def test_curves_compare_by_step_epoch_and_hour(tmp_path, facts):
    logger = start(facts, tmp_path)
    logger.log_metrics({"train/loss": 0.5, "epoch": 0}, step=1)
    logger.run.end(None)
    records, _ = offline_run(tmp_path)
    defined = [record["metric"] for record in records if record["type"] == "metric"]
    assert {one.get("name") for one in defined} >= {"trainer/global_step", "epoch", "hours"}
    (glob,) = [one for one in defined if one.get("glob_name") == "*"]
    assert glob["step_metric"] == "trainer/global_step"
    (line,) = [record["history"]["item"] for record in records if record["type"] == "history"]
    assert {"train/loss", "trainer/global_step", "epoch", "hours"} <= set(line)


def test_a_later_attempt_counts_its_lines_after_those_of_the_one_before(tmp_path, facts):
    later = type(facts)(**{**vars(facts), "attempt": 2, "seconds_before": 7200.0})
    logger = start(later, tmp_path)
    logger.log_metrics({"train/loss": 0.5}, step=40)
    logger.run.end(None)
    records, _ = offline_run(tmp_path)
    lines = [record["history"]["item"] for record in records if record["type"] == "history"]
    assert [line["_step"] for line in lines] == [1_000_000, 1_000_001]
    assert lines[1]["hours"] == pytest.approx(2.0, abs=0.1)


def test_a_table_of_more_rows_than_wandb_shows_by_default_is_whole(tmp_path, facts):
    table = pd.DataFrame({"case_id": ["P117"] * 12_000, "value": [*range(11_999), float("nan")]})
    logger = start(facts, tmp_path)
    tell_tables(logger.run, {"metrics": table})
    logger.run.end(None)
    (file,) = Path(tmp_path).glob("wandb/offline-run-*/files/media/table/tables/metrics*.json")
    told = json.loads(file.read_text())
    assert [row[1] for row in told["data"]] == [*range(11_999), None]
    assert {row[0] for row in told["data"]} == {logger.run.redaction.patient("P117")}


@pytest.mark.parametrize("key", ["x" * 40, None])
def test_a_server_that_cannot_be_reached_is_said_once_and_what_is_told_stays_here(
    tmp_path, facts, monkeypatch, caplog, key
):
    monkeypatch.setenv("WANDB_BASE_URL", DEAD_PORT)
    monkeypatch.setenv("HOME", str(tmp_path))  # no key in a file
    if key:
        monkeypatch.setenv("WANDB_API_KEY", key)
    with caplog.at_level(logging.WARNING, logger="kseg"):
        logger = start(facts, tmp_path, mode="online", patience_s=3.0)
        logger.log_metrics({"train/loss": 0.5}, step=1)
        logger.run.end(None)
    (said,) = words(caplog)
    assert "logs locally" in said
    records, _ = offline_run(tmp_path)
    assert "train/loss" in json.dumps(records)


def test_a_folder_that_cannot_be_made_stops_nobody(tmp_path, facts, caplog):
    (tmp_path / "file").write_text("")
    logger = start(facts, tmp_path / "file")
    logger.log_metrics({"train/loss": 0.5}, step=1)
    logger.run.end(None)
    (said,) = words(caplog)
    assert "the run goes on" in said


def test_a_service_that_dies_stops_nobody_and_is_told_once(tmp_path, facts, caplog, monkeypatch):
    logger = start(facts, tmp_path)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(logger.run.run, "log", full)
    for step in range(10):
        logger.log_metrics({"train/loss": 0.5}, step=step)
    logger.run.end(None)
    said, given_up = words(caplog)
    assert "No space left on device" in said
    assert "told nothing more" in given_up
    assert wandb.run is None


def test_an_upload_that_takes_too_long_is_told_with_the_command_that_sends_the_rest(
    tmp_path, facts, caplog, monkeypatch
):
    logger = start(facts, tmp_path, upload_s=90.0)
    finish = logger.run.run.finish

    def late(**how):
        finish(**how)
        raise TimeoutError("Timed out finishing run.")  # as W&B's `finish_timeout_raises` says

    monkeypatch.setattr(logger.run.run, "finish", late)
    assert logger.run.run.settings.finish_timeout_raises
    logger.run.end(None)
    (said,) = words(caplog)
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    assert f"`wandb sync {folder}` sends what is missing" in said


@pytest.mark.parametrize(("mode", "end_s"), [("online", 90.0), ("offline", 30.0)])
def test_an_upload_is_given_more_time_than_a_server_that_does_not_answer(tmp_path, mode, end_s):
    account = Account("kseg", "group", tmp_path, mode, patience_s=30.0, upload_s=90.0)
    assert account.end_s == _settings(account).finish_timeout == end_s


def test_long_names_are_cut_to_what_wandb_takes_and_stay_apart():
    one, other = (shortened(f"{'model=unet,' * 20}seed={seed}") for seed in (1, 2))
    assert len(one) == len(other) == 128
    assert one != other
    assert shortened("seed=1") == "seed=1"
