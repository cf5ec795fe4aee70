"""A run is trained by one process at a time, and only by that one is it told how it fares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kseg.errors import InputError
from kseg.runs.claim import Claim, claimed, holder_of
from kseg.runs.folder import RunFolder


@contextmanager
def trained_alone(run: RunFolder) -> Iterator[None]:
    """Keep a run's folder from all other trainings while the block runs.

    The system lets go of it when this process dies. Where the file system knows no locks, status.json alone tells
    whether another process is at it.

    Args:
        run: The folder, which is made if need be.

    Raises:
        InputError: Another process has it.
    """
    run.path.mkdir(parents=True, exist_ok=True)
    with claimed(run.training, wait=False) as claim:
        if claim is Claim.THEIRS:
            raise InputError(f"{run.path} is being trained by {holder_of(run.training)}; end that one first")
        yield


@contextmanager
def if_untrained(run: RunFolder) -> Iterator[bool]:
    """Whether nobody trains a run; in the block nobody begins to."""
    run.path.mkdir(parents=True, exist_ok=True)
    with claimed(run.training, wait=False) as claim:
        yield claim is not Claim.THEIRS
