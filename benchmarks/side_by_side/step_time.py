"""How long does a way take for a training step on a batch that is kept?"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from side_by_side.task import Task


def measure(*, way: str, settings: dict[str, Any], task: dict[str, Any], steps: int, allocator: bool) -> dict[str, Any]:
    """Take some steps.

    Args:
        way: The module; its `timed_steps` takes steps of one shape of network, and tells the seconds of each.
        settings: Its keywords.
        task: In JSON's types.
        steps: To time.
        allocator: Whether glibc keeps large blocks, see `kseg.models.allocator`.

    Returns:
        What the module has measured, by name: lists of seconds.
    """
    from kseg.models.allocator import keep_large_blocks

    if allocator and not keep_large_blocks():
        raise RuntimeError("the allocator's setting is glibc's alone")
    measured: dict[str, Any] = import_module(way).timed_steps(Task.of_plain(task), steps, **settings)
    return measured
