"""How long does a way take from a CT's file to a label map's file, and how long is the network itself at work?"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from torch import nn


class Clock:
    """Counts windows and the processor's seconds that a network is at work."""

    def __init__(self) -> None:
        self.windows, self.seconds, self._began = 0, 0.0, 0.0

    def watch(self, network: nn.Module) -> None:
        """Count whatever this network is asked from now on.

        Args:
            network: On the CPU, where an answer is there once it is returned.
        """
        network.register_forward_pre_hook(self._begin)
        network.register_forward_hook(self._end)

    def _begin(self, _: nn.Module, windows: Any) -> None:
        self.windows += len(windows[0])
        self._began = process_time()

    def _end(self, *_: Any) -> None:
        self.seconds += process_time() - self._began


def measure(*, way: str, settings: dict[str, Any], run: str, ct: str, output: str) -> dict[str, Any]:
    """Outline one CT.

    Args:
        way: The module; its `ready` loads the network and returns what outlines a file.
        settings: Its keywords.
        run: The folder of a training by kseg, whose network and weights every way uses.
        ct: The CT's file.
        output: The label map's file.

    Returns:
        `seconds` from file to file, everything being imported and loaded, and what all threads spent of the processor
        meanwhile, `processor_s`; `network_s`, the processor's in the network; `windows` that it saw, mirrored ones
        counted once more.
    """
    from kseg.models.allocator import keep_large_blocks

    if not keep_large_blocks():
        raise RuntimeError("the allocator's setting is glibc's alone")
    clock = Clock()
    outline = import_module(way).ready(Path(run), clock, **settings)
    Path(ct).read_bytes()  # so that nobody waits for the disk
    with redirect_stdout(sys.stderr):  # where the finding is read, nothing else is printed
        began, processor_began = perf_counter(), process_time()
        outline(Path(ct), Path(output))
        seconds, processor_s = perf_counter() - began, process_time() - processor_began
    return {"seconds": seconds, "processor_s": processor_s, "network_s": clock.seconds, "windows": clock.windows}
