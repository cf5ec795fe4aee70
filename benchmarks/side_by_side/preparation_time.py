"""How long does a way take to prepare the CTs, from files to files?"""

from __future__ import annotations

import resource
import time
from importlib import import_module
from typing import Any

from side_by_side.task import Task


def measure(*, way: str, settings: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    """Prepare all cases anew.

    Args:
        way: The module.
        settings: Its keywords.
        task: In JSON's types.

    Returns:
        `seconds` from the first case to the last, and `processor_s`, what all processes together took for it.
    """
    module = import_module(way)  # imports are not timed
    prepare = module.ready_to_prepare(Task.of_plain(task), **settings)
    started, before = time.perf_counter(), _processor_s()
    prepare()
    return {"seconds": time.perf_counter() - started, "processor_s": _processor_s() - before}


def _processor_s() -> float:
    """Of this process, and of its own that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
