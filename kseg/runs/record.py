"""A run tells its folder how it fares: stages, life signs, and the truth about its end."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from kseg.errors import InputError
from kseg.runs.provenance import git_commit, versions
from kseg.runs.status import Status, observed_state, read_status, write_status

HEARTBEAT_EVERY_S = 15.0


class Terminated(Exception):  # noqa: N818 - an order from outside, not an error
    """The process was asked to end (SIGTERM)."""


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
        try:
            with _terminable():
                yield self
        except BaseException as error:
            ended.set()
            self._update(state="failed", error=_last_line(error))
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

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(HEARTBEAT_EVERY_S):
            self._update()

    def _update(self, **changes: Any) -> None:
        with self._lock:
            self.status = replace(self.status, heartbeat=time.time(), **changes)
            write_status(self.path, self.status)


def _begin(before: Status | None) -> Status:
    now = time.time()
    status = Status("running", os.getpid(), socket.gethostname(), now, now)
    status = replace(status, versions=dict(versions()), git_commit=git_commit(), tracking_id=uuid.uuid4().hex[:8])
    if before is None:
        return status
    mine = (before.pid, before.host) == (status.pid, status.host)  # a restarted container counts from the same pid
    ended = "interrupted" if mine and before.state == "running" else observed_state(before, now=now)
    if ended == "running":
        raise InputError(f"the run is still going on in process {before.pid} on {before.host}; end that one first")
    attempt = {"started": before.started, "last_seen": before.heartbeat, "ended": ended, "error": before.error}
    return replace(status, seconds=before.seconds, tracking_id=before.tracking_id, earlier=(*before.earlier, attempt))


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run as an exception does, so that everything is put in order on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated("the process was asked to end (SIGTERM)")

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _last_line(error: BaseException) -> str:
    if isinstance(error, SystemExit) and error.__context__:  # Lightning exits on Ctrl-C
        error = error.__context__
    if isinstance(error, InputError):
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return f"{error.problems[0]}{more}"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
