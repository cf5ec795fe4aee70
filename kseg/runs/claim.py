"""Which process makes a prepared case, when several want it at once?"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)
"""What a file system answers that knows no locks, as some of clusters do."""

LOCK = ".lock"


class Claim(Enum):
    """Whose work a folder is."""

    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"
    """The file system knows no locks: others may be at the same work."""


@contextmanager
def claimed(folder: Path, *, wait: bool) -> Iterator[Claim]:
    """Claim the making of a folder, against other processes and other threads, until the end of the block.

    The claim is a lock on a file beside the folder. The kernel lets go of it when its holder dies, by whatever signal.

    Args:
        folder: Which need not be there; the folder in which it lies does.
        wait: For another process to finish or die, instead of giving up.

    Yields:
        Whose work it is; never `THEIRS` after waiting.

    Raises:
        OSError: The lock's file cannot be made.
    """
    path = folder.with_name(f".{folder.name}{LOCK}")
    locked = _lock(path, wait=wait)
    if locked is None:
        yield Claim.THEIRS
        return
    file, claim = locked
    try:
        yield claim
    finally:
        if _is_named(path, file):
            path.unlink(missing_ok=True)
        os.close(file)


def _lock(path: Path, *, wait: bool) -> tuple[int, Claim] | None:
    """Lock the file of this name; its last holder may have removed it in the meantime, then the next one."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except PermissionError:
            if wait or not path.exists():
                raise
            return None  # of another user, who may live
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(file)
            return None
        except OSError as error:
            if error.errno in NO_LOCKS:
                return file, Claim.UNKNOWN
            os.close(file)
            raise
        if _is_named(path, file):
            return file, Claim.OURS
        os.close(file)


def _is_named(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
