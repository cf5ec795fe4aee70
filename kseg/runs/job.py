"""A job of a sweep: trained in a process of its own, left alone where it is done, gone on with where it was cut off."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from kseg.errors import InputError
from kseg.runs.child import ENDS_WITHIN_S, LOOKS_EVERY_S, exit_reason, trained_in_a_process, under_slurm
from kseg.runs.config import read_config
from kseg.runs.drift import drifted
from kseg.runs.folder import RunFolder
from kseg.runs.gpus import claimed, visible_gpus
from kseg.runs.opening import differing, open_run
from kseg.runs.rank import is_first_process, once_there
from kseg.runs.record import last_line, mark_failed
from kseg.runs.status import Status, observed_state, read_status
from kseg.runs.sweep import Sweep

log = logging.getLogger("kseg")

REQUEUED_WITHIN_S = 120.0
"""How long SLURM may take to end a job whose training was asked to end."""


def run_job(run: RunFolder, composed: DictConfig, script: Path) -> float | None:
    """Train a run of a sweep, as `python SCRIPT run_dir=FOLDER` would go on with it.

    A process of its own gives every job the command line of a single run: what libraries start from it, such as the
    other processes of a distributed training, is that run and not the whole sweep; and no job leaves a GPU's memory,
    W&B's state or a crash to the next.

    Args:
        run: The job's folder.
        composed: Its config.
        script: train.py.

    Returns:
        What a search maximises, see `objective` in train.yaml; None if the run is not finished.

    Raises:
        SystemExit: The sweep was asked to end.
    """
    started = time.time()
    sweep = Sweep.current()
    _note(sweep, run)
    _end_if_asked(sweep)
    with _turn(run, sweep) as waited:
        if waited and _failed_since(run, started):
            log.info("%s failed for the other job", run.path.name)
        else:
            _train_unless_done(run, composed, script, sweep, started)
        return _objective(run)


def _train_unless_done(run: RunFolder, composed: DictConfig, script: Path, sweep: Sweep | None, started: float) -> None:
    before = read_status(run.status)
    state = observed_state(before) if before else "new"
    if others := differing(run, list(composed.overrides)):
        refused = f"the run that stands there has other values: {' '.join(others)}; give this sweep another name"
        _refuse(sweep, run, refused)
        return
    if is_first_process() and (keys := drifted(run, composed)):
        remark = f"it keeps its own config, in which other values stand than today's: {', '.join(keys)}"
        log.warning("%s: %s", run.path.name, remark)
        _note(sweep, run, remark=remark)
    if state == "finished":
        log.info("%s is finished", run.path.name)
    elif state == "running" and before and is_first_process():
        log.warning("%s is being trained by process %d on %s", run.path.name, before.pid, before.host)
    else:
        log.info("%s%s", run.path.name, "" if state == "new" else " goes on")
        _train(run, composed, script, sweep, started)


def _train(run: RunFolder, composed: DictConfig, script: Path, sweep: Sweep | None, started: float) -> None:
    first = is_first_process()
    try:
        gpus_wanted = _gpus_wanted(composed.trainer)
        if first:
            open_run(run, composed)
        else:  # of a distributed job
            once_there(run.config, unless=lambda: _failed_since(run, started))
    except (InputError, OSError) as error:
        if first and run.config.is_file():  # another run stands there, or a longer one
            _refuse(sweep, run, last_line(error))
        elif first:
            mark_failed(run, last_line(error))
        return
    leads = sweep is not None and sweep.pid == os.getpid()
    with ExitStack() as stack:
        gpus = [] if under_slurm() else visible_gpus()
        mine = stack.enter_context(claimed(gpus_wanted, gpus, given_up=lambda: _is_asked(sweep)))
        _end_if_asked(sweep)
        if mine:
            log.info("on GPU %s", ", ".join(mine))
        terminal = None if leads else stack.enter_context(run.terminal.open("a"))  # jobs beside others
        over = (lambda: _is_asked(sweep)) if first else (lambda: _is_asked(sweep) or _failed_since(run, started))
        code = trained_in_a_process(run, script, gpus=mine, terminal=terminal, leads=leads, over=over)
    status = read_status(run.status)
    if code and first and _says_nothing(status, started):
        asked = _is_asked(sweep)
        mark_failed(run, "asked to end" if asked else exit_reason(code), asked=asked)
    elif code and under_slurm() and status and status.asked:
        time.sleep(REQUEUED_WITHIN_S)  # SLURM ends this process
        raise SystemExit(code)  # and if it does not: a result now would stand for the job's
    _end_if_asked(sweep)


@contextmanager
def _turn(run: RunFolder, sweep: Sweep | None) -> Iterator[bool]:
    """Wait while another job of this sweep, which was given the same values, trains the run; say whether one did."""
    waited = False
    while sweep and is_first_process():
        with sweep.turn_of(run.path) as ours:
            if ours:
                yield waited
                return
        waited = True
        _end_if_asked(sweep)
        time.sleep(LOOKS_EVERY_S)
    yield waited


def _note(sweep: Sweep | None, run: RunFolder, *, refused: str = "", remark: str = "") -> None:
    if sweep:
        sweep.note(HydraConfig.get().job.num, run.path, refused=refused, remark=remark)


def _refuse(sweep: Sweep | None, run: RunFolder, reason: str) -> None:
    """Leave a run alone that is another's, and say why."""
    log.error("%s: %s", run.path.name, reason)
    _note(sweep, run, refused=reason)


def _gpus_wanted(trainer: Mapping[str, Any]) -> int:
    """Of `trainer.devices`.

    Raises:
        InputError: They are not counted but numbered.
    """
    if trainer["accelerator"] == "cpu":
        return 0
    devices = trainer["devices"]
    if not isinstance(devices, int | str):
        numbers = ",".join(map(str, devices))
        raise InputError(
            f"trainer.devices=[{numbers}] chooses GPUs, but a sweep's runs take whichever are free: "
            f"set CUDA_VISIBLE_DEVICES={numbers} for the sweep, and trainer.devices to how many each run takes"
        )
    count = int(devices) if str(devices).isdigit() else -1
    return count if count > 0 else len(visible_gpus())


def _objective(run: RunFolder) -> float | None:
    status = read_status(run.status)
    if status is None or status.state != "finished":
        return None
    return status.chosen.get(read_config(run.config)["objective"])


def _failed_since(run: RunFolder, started: float) -> bool:
    status = read_status(run.status)
    return status is not None and status.state == "failed" and status.heartbeat > started


def _says_nothing(status: Status | None, started: float) -> bool:
    """Whether a training that ended could not say why."""
    return status is None or status.heartbeat < started or observed_state(status) == "interrupted"


def _is_asked(sweep: Sweep | None) -> bool:
    return sweep is not None and sweep.asked_by is not None


def _end_if_asked(sweep: Sweep | None) -> None:
    if sweep is None or sweep.asked_by is None:
        return
    if sweep.pid != os.getpid():  # a launcher that sees one process end may kill the others: let them save first
        deadline = time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < deadline and any(_is_running(RunFolder(run)) for run in sweep.runs()):
            time.sleep(LOOKS_EVERY_S)
    raise SystemExit(128 + sweep.asked_by)


def _is_running(run: RunFolder) -> bool:
    status = read_status(run.status)
    return status is not None and observed_state(status) == "running"
