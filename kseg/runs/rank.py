"""Which process of a distributed training this is."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.logging import RichHandler

from kseg.errors import InputError

RANK_VARIABLES = ("RANK", "NODE_RANK", "LOCAL_RANK")
"""How Lightning and torchrun number the processes they start; in the first one each is zero or absent."""

SLURM_RANK = "SLURM_PROCID"
"""How SLURM numbers the tasks of a job."""


def is_first_process() -> bool:
    """Whether this process writes, predicts and reports; all others only train with it."""
    return not any(int(os.environ.get(name) or 0) for name in (*RANK_VARIABLES, SLURM_RANK))


def tell_warnings_alone() -> None:
    """Leave to the first process what is told on the terminal; a log of its own keeps the rest."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, RichHandler):
            handler.setLevel(logging.WARNING)


def once_there(path: Path, *, unless: Callable[[], bool] = lambda: False) -> Path:
    """Wait until the first process has written a file.

    Args:
        path: The file.
        unless: Whether it will never come, asked again and again.

    Raises:
        InputError: It will never come.
    """
    while not path.is_file():
        if unless():
            raise InputError("the first process failed")
        time.sleep(0.2)
    return path
