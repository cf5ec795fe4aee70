import subprocess
import sys
from pathlib import Path

import pytest

from kseg.tracking.service import answered_within

ROOT = Path(__file__).parents[2]
STOPPED = """
import os, signal, sys
from pathlib import Path
import psutil
from kseg.tracking.facts import RunFacts
from kseg.tracking.wandb_logger import wandb_logger

folder, lines = Path(sys.argv[1]), int(sys.argv[2])
(folder / "clinic").mkdir()
config = {"data": {"root": str(folder / "clinic")}, "paths": {"tracking": str(folder)}}
named = {"project": "kseg", "group": "stopped", "overrides": [], "tags": [], "mode": "offline"}
facts = RunFacts(folder / "run", "abc12345", 1, config)
logger = wandb_logger(facts, folder=str(folder), patience_s=1, **named)
(service,) = [child for child in psutil.Process().children() if child.name().startswith("wandb-core")]
os.kill(service.pid, signal.SIGSTOP)
for step in range(lines):
    logger.log_metrics({"words": "x" * 4_000_000}, step=step)  # more than a socket's buffers hold
logger.run.end(None)
print("ended")
"""
"""A process whose service of W&B is stopped: W&B itself waits for that for ever, here and as the process ends."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "said"),
    [(0, "not done in 1 s; `wandb sync"), pytest.param(10, "gave no answer for 10 s", marks=pytest.mark.soak)],
)
def test_a_service_that_gives_no_answer_is_not_waited_for(tmp_path, lines, said):
    command = [sys.executable, "-c", STOPPED, str(tmp_path), str(lines)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr
    assert said in done.stderr


def test_an_error_of_the_block_stays_its_own():
    with pytest.raises(ValueError, match="mine"), answered_within(60):
        raise ValueError("mine")
