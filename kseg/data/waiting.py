"""How long does a training wait for its patches, and what if they never come?"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from types import TracebackType
from typing import Any

import torch
from torch.utils.data import DataLoader

from kseg.errors import InputError
from kseg.runs.ending import SIGNALS, Terminated, requests

WORKER_DIED = "DataLoader worker (pid"
"""How PyTorch's message begins, whether it noticed by a signal, in the middle of anything, or when it waited."""

WORKER_RAISED = f"{InputError.__module__}.{InputError.__name__}: "
"""What stands between the traceback, by which PyTorch tells where a worker's error arose, and what it says."""


class TimedLoader(DataLoader[Any]):
    """A DataLoader that adds up for how long its batches were waited for.

    Args:
        *args: See `DataLoader`.
        **kwargs: See `DataLoader`.

    Attributes:
        waited_s: Seconds so far. A wait during which the GPU had work until its end is none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"worker_init_fn": leave_requests, **kwargs})
        self.waited_s = 0.0

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        """Yield the batches."""
        began = perf_counter()
        batches = super().__iter__()
        while True:
            batch = next(batches, None)
            if _network_is_idle():
                self.waited_s += perf_counter() - began
            if batch is None:
                return
            yield batch
            began = perf_counter()


def leave_requests(worker: int) -> None:
    """Let a worker go on when a terminal or a cluster asks all processes to end: the training needs its step's patches.

    Args:
        worker: Its number, which PyTorch gives.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: signal.alarm(GOES_ON_S))  # PyTorch ends its workers with it
    sys.excepthook = _tell_unless_left_alone


def _tell_unless_left_alone(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The thread that passes a worker's patches on would print a traceback where the training ended meanwhile."""
    if not issubclass(kind, ConnectionError | EOFError):
        sys.__excepthook__(kind, error, trace)


GOES_ON_S = 30
"""How long a worker goes on that was asked to end."""


def _network_is_idle() -> bool:
    """A CPU that waits computes nothing; a GPU goes on with what was queued."""
    return not torch.cuda.is_available() or torch.cuda.current_stream().query()


@contextmanager
def workers_watched() -> Iterator[None]:
    """Tell plainly what a worker met with, or that it was killed, which it cannot tell itself.

    Raises:
        InputError: A worker raised one, or died.
        Terminated: A worker ended because all were asked to.
    """
    try:
        yield
    except InputError as error:
        told = str(error)
        if WORKER_RAISED not in told:
            raise
        raise InputError(told.rsplit(WORKER_RAISED, 1)[1].strip().splitlines()) from error
    except RuntimeError as error:
        if not str(error).startswith(WORKER_DIED):
            raise
        if requests.number:
            raise Terminated(requests.number) from error
        raise InputError(
            "a process that cuts patches was killed, most often because memory ran out; "
            "set patches.workers lower, or patches.patch_size smaller, and start a new run, or go on with this one: "
            "run_dir=... takes up its last checkpoint"
        ) from error
