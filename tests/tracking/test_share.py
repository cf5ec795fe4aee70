import json
import re
import sys
from pathlib import Path

import pytest

from kseg.runs.status import read_status

ROOT = Path(__file__).parents[2]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_logging_takes_at_most_two_percent_of_the_training_of_the_demo(run, tmp_path, wandb_records):
    # as `make demo` trains: pictures, tables and files included
    done = run([sys.executable, "train.py", "name=demo", f"paths.root={tmp_path}", f"run_dir={tmp_path}/run"])
    assert done.returncode == 0, done.stdout + done.stderr
    status = read_status(tmp_path / "run" / "status.json")
    (records,) = wandb_records(tmp_path, status.tracking_id)
    assert "pictures/test/severe" in json.dumps(records)
    spent_s = float(re.search(r"Logging took ([\d.]+) s", done.stdout)[1])
    assert spent_s <= 0.02 * status.seconds["fit"]
