"""Which GPUs this process may use, and which of them a job of a sweep takes for itself."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

LOOKS_AGAIN_S = 1.0


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; none without NVIDIA's driver."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [gpu.strip() for gpu in chosen.split(",") if gpu.strip() not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return listed.split()


def jobs_at_a_time() -> int:
    """How many jobs of a sweep run beside one another: as many as there are GPUs, one without."""
    return max(1, len(visible_gpus()))


@contextmanager
def claimed(
    wanted: int, gpus: Sequence[str], locks: Path | None = None, *, given_up: Callable[[], bool] = lambda: False
) -> Iterator[list[str]]:
    """Keep GPUs from the other jobs on this machine, those of other sweeps included, while the block runs.

    A job that waits for several holds none of them until all are free, so that two jobs never wait for one another.
    The system gives back what a job held that was killed.

    Args:
        wanted: How many.
        gpus: To choose from.
        locks: Where each GPU has its lock file; by default a folder of this user's among the system's temporary files.
        given_up: Whether to wait no longer, asked again and again.

    Yields:
        The names of those claimed, all of `gpus` if fewer are there than wanted; none if it was given up.
    """
    wanted = min(wanted, len(gpus))
    if wanted == 0:
        yield []
        return
    folder = locks or Path(tempfile.gettempdir()) / f"kseg-gpus-{os.getuid()}"
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        with ExitStack() as held:
            mine: list[str] = []
            for gpu in gpus:
                if len(mine) < wanted and held.enter_context(_lock(folder / gpu.replace("/", "_"))):
                    mine.append(gpu)
            if len(mine) == wanted:
                yield mine
                return
        if given_up():
            yield []
            return
        time.sleep(LOOKS_AGAIN_S)


@contextmanager
def _lock(path: Path) -> Iterator[bool]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
