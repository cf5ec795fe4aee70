"""W&B's own process, `wandb-core`: it is waited for, but not for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from kseg.runs.ending import Terminated

PROCESS = "wandb-core"


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """End W&B's process if the block takes longer: a call that waits for it then fails, and waits no more.

    Args:
        seconds: How long a call may take.

    Raises:
        TimeoutError: It took longer.
    """
    late = threading.Event()

    def give_up() -> None:
        late.set()
        end_service()

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Terminated:
        raise
    except Exception as error:
        if late.is_set():
            raise TimeoutError(_no_answer(seconds)) from error
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(_no_answer(seconds))


def end_service() -> None:
    """End the process of W&B that this one has started, also one that was stopped."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if child.name().startswith(PROCESS):
                child.kill()


def _no_answer(seconds: float) -> str:
    return f"{PROCESS} gave no answer for {seconds:.0f} s and was ended"
