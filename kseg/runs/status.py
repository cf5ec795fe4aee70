"""What became of a run, and what a reader may believe of it."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import psutil

from kseg.errors import InputError
from kseg.images import write_atomically

State = Literal["running", "finished", "failed"]
STALE_AFTER_S = 120.0
"""A heartbeat older than this is no life sign; several times the interval at which it is written."""


@dataclass(frozen=True)
class Status:
    """The content of status.json.

    Args:
        state: As the run itself saw it last.
        pid: Its process.
        host: Where that process ran.
        started: Seconds since the epoch, of this attempt.
        heartbeat: Seconds since the epoch, of the last life sign.
        error: The last line of what ended a failed run; empty otherwise.
        asked: Whether a failed run was asked to end, by Ctrl-C or a signal: nothing is wrong with it.
        told: Whether a failed run could say itself what ended it; else its sweep said so.
        seconds: Time a stage, over all attempts.
        versions: Of Python and the packages.
        git_commit: Of kseg.
        steps: How many the network was trained for, over all attempts; None until it is, and of runs of before.
        chosen: What the validation measured that chose the checkpoint, such as `val/dice/mean`.
        tracking_id: The run's id in W&B, kept so that a resumed run goes on under it.
        slurm: SLURM's job and how often that was restarted, such as `4711.0`; empty elsewhere.
        earlier: The attempts before this one: when each started, how it ended, and why.
    """

    state: State
    pid: int
    host: str
    started: float
    heartbeat: float
    error: str = ""
    asked: bool = False
    told: bool = True
    seconds: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    git_commit: str = ""
    steps: int | None = None
    chosen: dict[str, float] = field(default_factory=dict)
    tracking_id: str = ""
    slurm: str = ""
    earlier: tuple[dict[str, Any], ...] = ()


def write_status(path: Path, status: Status) -> None:
    """Write status.json, whole or not at all."""
    write_atomically(path, (json.dumps(asdict(status), indent=2) + "\n").encode())


def read_status(path: Path) -> Status | None:
    """Read status.json.

    Returns:
        The status; None where the run never got so far.

    Raises:
        InputError: The file is no status.
    """
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text())
        return Status(**{**content, "earlier": tuple(content.get("earlier", ()))})
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: is no status of a run ({error})") from error


def observed_state(status: Status, *, now: float | None = None) -> str:
    """What a reader should call a run: its own word, or `interrupted` where it says running and cannot be.

    Args:
        status: As read.
        now: Seconds since the epoch; None for the present.
    """
    if status.state != "running":
        return status.state
    if _is_restarted(status.slurm, slurm_attempt()):
        return "interrupted"
    alive = status.host != socket.gethostname() or psutil.pid_exists(status.pid)
    fresh = (time.time() if now is None else now) - status.heartbeat < STALE_AFTER_S
    return "running" if alive and fresh else "interrupted"


def slurm_attempt() -> str:
    """SLURM's job to which this process belongs, and how often that was restarted; empty outside of SLURM."""
    job = os.environ.get("SLURM_JOB_ID", "")
    return f"{job}.{os.environ.get('SLURM_RESTART_COUNT') or 0}" if job else ""


def _is_restarted(before: str, now: str) -> bool:
    """Whether SLURM has since started the same job again, maybe on another host: the earlier attempt has ended."""
    (job, _, count), (same_job, _, later_count) = before.partition("."), now.partition(".")
    return job != "" and job == same_job and int(count) < int(later_count)
