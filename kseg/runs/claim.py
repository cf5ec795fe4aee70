"""Which process works on a folder, when several want to at once?"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)
"""What a file system answers that knows no locks, as some of clusters do."""

LOCK = ".lock"
UNNAMED = "another process"

_held: set[int] = set()
"""Of this process, the locks' files."""


def _let_go() -> None:
    """In a process just forked: what it shares with the holder would outlive the holder."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)


class Claim(Enum):
    """Whose work a folder is."""

    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"
    """The file system knows no locks: others may be at the same work."""


@contextmanager
def claimed(folder: Path, *, wait: bool) -> Iterator[Claim]:
    """Claim the work on a folder, against other processes and other threads, until the end of the block.

    The claim is a lock on a file beside the folder. The kernel lets go of it when its holder dies, by whatever signal,
    even if processes that the holder forked live on.

    Args:
        folder: Which need not be there; the folder in which it lies does.
        wait: For another process to finish or die, instead of giving up.

    Yields:
        Whose work it is; never `THEIRS` after waiting.

    Raises:
        OSError: The lock's file cannot be made.
    """
    path = lock_of(folder)
    locked = _lock(path, wait=wait)
    if locked is None:
        yield Claim.THEIRS
        return
    file, claim = locked
    _held.add(file)
    with suppress(OSError):  # a full disk keeps nobody from claiming
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
    try:
        yield claim
    finally:
        if _is_named(path, file):
            path.unlink(missing_ok=True)
        _held.discard(file)
        os.close(file)


def holder_of(folder: Path) -> str:
    """Who holds the claim on a folder: such as `process 4711 on ward-pc`, or `another process` if that is unknown."""
    with suppress(OSError, ValueError):
        return lock_of(folder).read_text() or UNNAMED
    return UNNAMED


def lock_of(folder: Path) -> Path:
    """The file whose lock is the claim on a folder."""
    return folder.with_name(f".{folder.name}{LOCK}")


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
