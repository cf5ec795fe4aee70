"""A run tells its folder how it fares: stages, life signs, and the truth about its end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kseg.errors import InputError
from kseg.runs.alone import if_untrained
from kseg.runs.ending import Terminated, requests_heard
from kseg.runs.folder import RunFolder
from kseg.runs.provenance import git_commit, versions
from kseg.runs.status import Status, observed_state, read_status, slurm_attempt, write_status

log = logging.getLogger("kseg")

HEARTBEAT_EVERY_S = 15.0


WATCHED_PARENT = "KSEG_PARENT"
"""The environment variable that names the process without which this one is to end: the sweep's, for a job."""


class RunRecord:
    """Writes status.json while a run goes on.

    Args:
        path: The run's status.json.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self.status = _begin(read_status(path))

    @contextmanager
    def recording(self) -> Iterator[RunRecord]:
        """Say `running` with a heartbeat while the block runs, and afterwards how it ended."""
        self._update()
        ended = threading.Event()
        threading.Thread(target=self._beat, args=(ended,), daemon=True).start()
        with requests_heard():
            try:
                yield self
            except BaseException as error:
                ended.set()
                log.debug("The run ends", exc_info=error)  # for the run's own log
                self._update(state="failed", error=last_line(error), asked=isinstance(error, Terminated))
                raise
            ended.set()
            self._update(state="finished")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage of the run; one that is repeated after an interruption adds up."""
        started = time.monotonic()
        try:
            yield
        finally:
            spent = self.status.seconds.get(name, 0.0) + time.monotonic() - started
            self._update(seconds={**self.status.seconds, name: round(spent, 2)})

    def trained(self, steps: int, measured: Mapping[str, float]) -> None:
        """Keep how many steps were trained, and what the validation measured that chose the checkpoint."""
        self._update(steps=steps, chosen=dict(measured))

    def _beat(self, ended: threading.Event) -> None:
        parent = os.environ.get(WATCHED_PARENT)
        unheard = False
        while not ended.wait(HEARTBEAT_EVERY_S):
            try:
                self._update()
            except OSError as error:  # a full disk or a server that is away for a while must not end the life signs
                if not unheard:
                    log.warning("%s cannot be written (%s); the training goes on", self.path, error.strerror)
                unheard = True
            if parent and os.getppid() != int(parent):
                parent = None
                os.kill(os.getpid(), signal.SIGTERM)  # its sweep is gone; the same command will go on with it

    def _update(self, **changes: Any) -> None:
        with self._lock:
            self.status = replace(self.status, heartbeat=time.time(), **changes)
            write_status(self.path, self.status)


def _begin(before: Status | None) -> Status:
    now = time.time()
    status = Status("running", os.getpid(), socket.gethostname(), now, now)
    status = replace(status, versions=dict(versions()), git_commit=git_commit(), tracking_id=_new_id())
    status = replace(status, slurm=slurm_attempt())
    if before is None:
        return status
    mine = (before.pid, before.host) == (status.pid, status.host)  # a restarted container counts from the same pid
    ended = "interrupted" if mine and before.state == "running" else observed_state(before, now=now)
    if ended == "running":
        raise InputError(f"the run is still going on in process {before.pid} on {before.host}; end that one first")
    attempt = {"started": before.started, "last_seen": before.heartbeat, "ended": ended, "error": before.error}
    status = replace(status, seconds=before.seconds, steps=before.steps, chosen=before.chosen)
    status = replace(status, tracking_id=before.tracking_id)
    return replace(status, earlier=(*before.earlier, attempt))


def _new_id() -> str:
    """The run's id in W&B: the one that an agent of W&B gives, if one started this process."""
    given = os.environ.get("WANDB_RUN_ID") if os.environ.get("WANDB_SWEEP_ID") else None
    return given or uuid.uuid4().hex[:8]


def mark_failed(run: RunFolder, reason: str, *, asked: bool = False) -> None:
    """Say of a run that it failed, where its own process could not; never of one that is being trained.

    Args:
        run: Its folder.
        reason: In one line.
        asked: Whether it was asked to end.
    """
    now = time.time()
    with if_untrained(run) as untrained:
        status = read_status(run.status) or Status("failed", os.getpid(), socket.gethostname(), now, now)
        if untrained and observed_state(status, now=now) != "running":
            failed = replace(status, state="failed", error=reason, heartbeat=now, asked=asked, told=False)
            write_status(run.status, failed)


def last_line(error: BaseException) -> str:
    """Say in one line what ended a run."""
    if isinstance(error, InputError):
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return f"{error.problems[0]}{more}"
    if isinstance(error, Terminated):
        return str(error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
