import gc
import os
import signal
import time
import warnings

import psutil
import pytest
import wandb

from kseg.tracking.service import PROCESS, answered_within
from kseg.tracking.wandb_logger import wandb_logger

pytestmark = pytest.mark.slow


@pytest.fixture
def begin(facts, tmp_path):
    named = {"project": "kseg", "group": "stopped", "overrides": [], "tags": [], "mode": "offline"}
    return lambda patience_s: wandb_logger(facts, folder=str(tmp_path), patience_s=patience_s, **named)


@pytest.fixture(autouse=True)
def _process_forgotten(caplog):
    yield
    caplog.clear()  # W&B does not wait for a process of its own that was killed, and Python says so
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def service():
    mine = (child for child in psutil.Process().children() if child.name().startswith(PROCESS))
    (found,) = (child for child in mine if child.status() != psutil.STATUS_ZOMBIE)
    return found


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "kseg" and record.levelname == "WARNING"]


def test_an_end_for_which_the_service_gives_no_answer_is_not_waited_for(begin, caplog):
    logger = begin(patience_s=2)
    stopped = service()
    os.kill(stopped.pid, signal.SIGSTOP)
    began = time.monotonic()
    logger.run.end(None)
    assert time.monotonic() - began < 60  # W&B itself waits for ever
    assert "not done in 2 s; `wandb sync" in said(caplog)[0]
    assert wandb.run is None
    assert not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE


def test_a_line_for_which_the_service_gives_no_answer_is_not_waited_for(begin, caplog):
    logger = begin(patience_s=1)
    os.kill(service().pid, signal.SIGSTOP)
    began = time.monotonic()
    for step in range(10):
        logger.log_metrics({"words": "x" * 4_000_000}, step=step)  # more than a socket's buffers hold
    assert time.monotonic() - began < 60
    assert any("gave no answer for 10 s" in line for line in said(caplog))
    logger.run.end(None)


def test_an_error_of_the_block_stays_its_own():
    with pytest.raises(ValueError, match="mine"), answered_within(60):
        raise ValueError("mine")
