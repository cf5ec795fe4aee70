"""A validation over two processes says of every case what one process says."""

import json
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("validate_in_processes.py")

pytestmark = pytest.mark.slow


@pytest.mark.soak
def test_two_processes_find_the_dice_that_one_finds_case_by_case(run, command, tmp_path):
    trained = run(command(tmp_path, "trainer=quick", "trainer.max_steps=12", "logger=none", f"run_dir={tmp_path}/run"))
    assert trained.returncode == 0, trained.stdout + trained.stderr
    for processes in (1, 2):
        done = run([sys.executable, str(SCRIPT), f"{tmp_path}/run", str(tmp_path), str(processes)])
        assert done.returncode == 0, done.stdout + done.stderr
    alone, *both = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("1_rank0", "2_rank0", "2_rank1")]
    assert len(alone["cases"]) == 4  # one a group
    assert any(case["dice"]["cortex"] > 0.05 for case in alone["cases"])
    for told in both:
        assert [case["group"] for case in told["cases"]] == [case["group"] for case in alone["cases"]]
        for here, there in zip(told["cases"], alone["cases"], strict=True):
            assert here["dice"] == pytest.approx(there["dice"], abs=1e-4)
        assert told["means"] == pytest.approx(alone["means"], abs=1e-4)
