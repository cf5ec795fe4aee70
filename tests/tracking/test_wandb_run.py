import json
import subprocess
import sys
from pathlib import Path

import pytest
import wandb

from kseg.tracking.facts import RunFacts
from kseg.tracking.redaction import HIDDEN
from kseg.tracking.wandb_run import end_run, summarize, wandb_logger


@pytest.fixture
def facts(tmp_path):
    return RunFacts(
        folder=tmp_path / "run",
        tracking_id="abc12345",
        attempt=1,
        config={"seed": 7, "data": {"root": "/data/clinic"}},
        provenance={"cohort": "digest"},
    )


def start(facts, folder):
    return wandb_logger(
        facts,
        project="kseg",
        group="a-sweep",
        overrides=["seed=7", "data.root=/data/clinic"],
        tags=["unet_tiny"],
        folder=str(folder),
        mode="offline",
    )


def offline_run(folder):
    """What W&B's own terminal viewer reads back from the run's file, a record a line."""
    (file,) = Path(folder).glob("wandb/offline-run-*/run-abc12345.wandb")
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(file)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines], file


@pytest.mark.parametrize(("error", "exit_code"), [(None, 0), (RuntimeError("P117 is broken"), 1)])
def test_a_run_has_its_name_group_and_config_and_ends_truly(tmp_path, facts, error, exit_code):
    logger = start(facts, tmp_path)
    logger.log_metrics({"train/loss": 0.5}, step=1)
    summarize({"test/dice/cortex": 0.83})
    end_run(error)
    assert wandb.run is None
    records, file = offline_run(tmp_path)
    text = json.dumps(records)
    for expected in ("a-sweep", "seed=7", "unet_tiny", "digest", "train/loss", "test/dice/cortex"):
        assert expected in text
    content = file.read_bytes()
    for secret in (b"/data/clinic", b"P117"):
        assert secret not in content
    (started,) = [record["run"] for record in records if record["type"] == "run"]
    assert started["host"] == HIDDEN
    assert not {"username", "user", "program"} & set(started)
    assert [record["exit"].get("exit_code", 0) for record in records if record["type"] == "exit"] == [exit_code]


def test_without_a_run_there_is_nothing_to_end():
    end_run(None)
    summarize({"test/dice/cortex": 0.5})
