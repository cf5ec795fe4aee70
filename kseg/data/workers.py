"""How many CTs are worked on at once, and by what threads?"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

from kseg.errors import InputError
from kseg.images import read_grid

BYTES_A_VOXEL = 16
"""What preparing a case takes at its peak, for each voxel of its CT; 12 were measured, of a gzipped int16 CT."""


def workers_for(cts: Iterable[Path], spacing_mm: Sequence[float] | None = None) -> int:
    """Count the threads that may each hold one of these CTs: one a core, but half of the free memory is left alone.

    Args:
        cts: Of their files, only the headers are read; what cannot be read is passed over.
        spacing_mm: To which they are resampled, if they are: finer than their own, it decides.

    Returns:
        At least 1.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    largest = max((_voxels(ct, spacing_mm) for ct in cts), default=1)
    return max(1, min(cores, psutil.virtual_memory().available // 2 // (BYTES_A_VOXEL * largest)))


@contextmanager
def pool_of(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Open a pool for work that lets go of the interpreter's lock: inflating, NumPy, torch.

    Args:
        workers: Threads; in each of them torch computes alone, else many times many would be in each other's way.

    Yields:
        The pool; after it torch has as many threads as before.
    """
    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


def _voxels(ct: Path, spacing_mm: Sequence[float] | None) -> int:
    try:
        grid = read_grid(ct)
    except (InputError, OSError):  # is told when its turn comes
        return 1
    finer = math.prod(grid.spacing_mm) / math.prod(spacing_mm) if spacing_mm else 1.0
    return int(math.prod(grid.shape) * max(1.0, finer))
