"""What a report says of its own making."""

import os
import socket

import pytest

from kseg.evaluation.one_run import footer
from kseg.runs.folder import RunFolder
from kseg.runs.status import Status, write_status

CONFIG = {"name": "made", "seed": 1}


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ({"steps": 1435, "seconds": {"cohort": 9.0, "fit": 432.0}}, "1435 steps in 7.2 minutes"),  # 432 / 60 = 7.2
        ({"steps": 1}, "1 step"),
        ({"seconds": {"fit": 432.0}}, "7.2 minutes"),  # a run of before steps were kept
    ],
)
def test_the_training_is_told_as_far_as_the_run_kept_it(tmp_path, kept, told):
    write_status(tmp_path / "status.json", Status("finished", os.getpid(), socket.gethostname(), 0.0, 0.0, **kept))
    assert footer(RunFolder(tmp_path), CONFIG)["trained"] == told


def test_nothing_is_told_of_a_training_that_nobody_kept(tmp_path):
    assert "trained" not in footer(RunFolder(tmp_path), CONFIG)
