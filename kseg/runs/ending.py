"""Ctrl-C and the signals of a cluster: a request to end, which a training answers after its step."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = {
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "SIGTERM",
    signal.SIGUSR1: "SIGUSR1",
    signal.SIGUSR2: "SIGUSR2",
}
"""What asks a run to end: a user, a system that shuts down, SLURM ahead of a time limit."""

SAME_REQUEST_S = 2.0
"""A terminal, a sweep and a cluster may each pass on one and the same request; the next one is meant."""


class Terminated(Exception):  # noqa: N818 - a request from outside, not an error
    """The run was asked to end.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"asked to end ({SIGNALS[signal.Signals(number)]})")

    def __reduce__(self) -> tuple[type[Terminated], tuple[int]]:
        """Survive the way through another process."""
        return type(self), (self.number,)


@dataclass
class Requests:
    """The requests that this process was sent.

    Args:
        deferred: Whether a first request waits until it is asked for, rather than ending what goes on at once.
        number: Of the signal that asked, None if none did.
    """

    deferred: bool = False
    number: int | None = None
    at: float = 0.0

    def take(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; this is what is registered as its handler."""
        now, first = time.monotonic(), self.number is None
        if not first and now - self.at < SAME_REQUEST_S:
            return
        self.number, self.at = number, now
        if not (self.deferred and first):
            raise Terminated(number)

    def listen(self) -> None:
        """Take this process's signals from whoever took them before."""
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                signal.signal(number, self.take)


requests = Requests()
"""Of this process: signals are the process's, and not a single object's."""


@contextmanager
def requests_heard() -> Iterator[None]:
    """Let requests end the block as an exception does, so that everything is put in order on the way out."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    requests.deferred, requests.number = False, None
    requests.listen()
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
