"""How many patches a second does a way give, how soon, and what is in them?"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import psutil

from side_by_side.task import Batch, Task

WARM_UP_PATCHES = 16
"""Not counted: until then, what was made ahead of time is used up."""


def make_ready(*, way: str, settings: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    """Do what a way does once for a cohort, before any training.

    Args:
        way: The module.
        settings: Its keywords.
        task: In JSON's types.

    Returns:
        The seconds it took.
    """
    module, started = import_module(way), time.perf_counter()
    module.make_ready(Task.of_plain(task), **settings)
    return {"seconds": time.perf_counter() - started}


def measure(*, way: str, settings: dict[str, Any], task: dict[str, Any], seconds: float, cycle: int) -> dict[str, Any]:
    """Take batches as fast as they come, as a network would that takes no time itself.

    Args:
        way: The module.
        settings: Its keywords.
        task: In JSON's types.
        seconds: How long patches are counted, at least.
        cycle: Patches that come in one go, as from a queue that is filled and then emptied: whole cycles are counted.

    Returns:
        `first_s` from the loader's construction to its first batch, all imports done; `patches` in `seconds`, for which
        all processes together took `processor_s`; `with_kidney` of these; `cases`, the patches of each case.
    """
    module, asked = import_module(way), Task.of_plain(task)  # imports are not timed
    load = module.ready_to_load(asked, **settings)
    started = time.perf_counter()
    batches: Iterator[Batch] = load()
    first = next(batches)
    first_s = time.perf_counter() - started
    _check(first, asked)
    _skip(batches, cycle * math.ceil(WARM_UP_PATCHES / cycle) - asked.batch_size, asked)
    return {"first_s": first_s, **_count(batches, seconds, cycle)}


def _count(batches: Iterator[Batch], seconds: float, cycle: int) -> dict[str, Any]:
    cases: Counter[str] = Counter()
    with_kidney, started, processor_s = 0, time.perf_counter(), _processor_s()
    for batch in batches:
        cases.update(batch.case_ids)
        with_kidney += int((batch.label_map > 0).flatten(1).any(1).sum())
        took = time.perf_counter() - started
        if took >= seconds and cases.total() % cycle == 0:
            spent = {"seconds": took, "processor_s": _processor_s() - processor_s}
            return {"patches": cases.total(), **spent, "with_kidney": with_kidney, "cases": dict(cases)}
    raise RuntimeError(f"there were no more batches after {cases.total()} patches")


def _processor_s() -> float:
    """Of this process and its workers so far: other processes on the same cores hardly change it."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def _skip(batches: Iterator[Batch], patches: int, task: Task) -> None:
    for _ in range(0, patches, task.batch_size):
        next(batches)


def _check(batch: Batch, task: Task) -> None:
    """Every way must give what was asked for; a smaller patch would be a faster one."""
    wanted = (task.batch_size, 1, task.size, task.size, task.size)
    got = [tuple(batch.ct.shape), tuple(batch.label_map.shape)]
    if got != [wanted, wanted] or len(batch.case_ids) != task.batch_size or not batch.ct.is_floating_point():
        raise RuntimeError(f"a batch of {wanted} was asked for, not {got} of {batch.ct.dtype}")
