"""A training in a process of its own: started as by hand, waited for, and ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Any

from kseg.runs.folder import RunFolder
from kseg.runs.rank import RANK_VARIABLES, SLURM_RANK, is_first_process
from kseg.runs.record import WATCHED_PARENT

LOOKS_EVERY_S = 0.2
ENDS_WITHIN_S = 60.0
"""How long a training may take to save itself before it is killed."""

SET_BY_LAUNCHERS = (*RANK_VARIABLES, "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""With these, Lightning would take a new training for a part of another one."""


def trained_in_a_process(
    run: RunFolder, script: Path, *, gpus: list[str], terminal: IO[str] | None, leads: bool, over: Callable[[], bool]
) -> int:
    """Go on with a run in a process of its own.

    Args:
        run: Its folder, with a config.
        script: train.py.
        gpus: That it may use, by the names in `CUDA_VISIBLE_DEVICES`; as this process where there are none.
        terminal: Where it writes to; None for this process's terminal.
        leads: Whether this is the process that the user started: it takes Ctrl-C itself, and may outlive its shell.
        over: Whether the training is to end, asked again and again.

    Returns:
        Its exit code, negative for the signal that killed it.
    """
    environment = _environment()
    if gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    parent = os.getppid()
    child = subprocess.Popen(_command(run, script), env=environment, stdout=terminal, stderr=terminal)
    with _Signals(child, leads=leads):
        while child.poll() is None:
            if over() or (not leads and os.getppid() != parent):
                end(child)
            time.sleep(LOOKS_EVERY_S)
    return child.returncode


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask a training to save itself and end; kill it if it does not."""
    child.terminate()
    try:
        child.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def under_slurm() -> bool:
    """Whether SLURM has allotted processors and GPUs to this very job, and ends it when it runs too long."""
    return os.environ.get("SUBMITIT_EXECUTOR") == "slurm"


def exit_reason(code: int) -> str:
    """Say how a process ended that did not say so itself."""
    if code >= 0:
        return f"it ended with exit code {code} before it could say why"
    name = signal.Signals(-code).name
    return f"it was killed ({name})" + ("; was the memory full?" if name == "SIGKILL" else "")


def _environment() -> dict[str, str]:
    tasks = int(os.environ.get("SLURM_NTASKS", "1")) if under_slurm() else 1
    hidden = () if tasks > 1 else SET_BY_LAUNCHERS  # each of SLURM's tasks is one process of the training
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**environment, WATCHED_PARENT: str(os.getpid())}


def _command(run: RunFolder, script: Path) -> list[str]:
    place = str(run.path).replace("\\", "\\\\").replace('"', '\\"')
    command = [sys.executable, str(script), f'run_dir="{place}"']
    if not is_first_process():
        command.append(f"hydra.job.name={script.stem}_ddp_process_{os.environ[SLURM_RANK]}")  # as Lightning names it
    return command


class _Signals:
    """While a training goes on, Ctrl-C is left to it and to the sweep; a cluster's signal ends it before all else."""

    def __init__(self, child: subprocess.Popen[bytes], *, leads: bool) -> None:
        self.child, self.leads = child, leads
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if not self.leads:
            self._set(signal.SIGINT, lambda number, frame: None)
        if "SUBMITIT_EXECUTOR" in os.environ:
            self._set(signal.SIGUSR2, self._requeue)

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _set(self, number: int, handler: Any) -> None:
        try:
            self.before[number] = signal.signal(number, handler)
        except ValueError:  # not the main thread: there are no signals here
            return

    def _requeue(self, number: int, frame: FrameType | None) -> None:
        end(self.child)
        if callable(launcher := self.before[number]):
            launcher(number, frame)
