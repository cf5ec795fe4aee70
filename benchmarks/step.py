"""What does kseg's loop add to a training step, and how long does nnU-Net v2's trainer take for the same network?

Both on the CPU, with and without the allocator's setting, in fresh processes that take turns. kseg computes in the
precision that its YAML leaves to the processor, nnU-Net in float32.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from side_by_side.child import run_in_child
from side_by_side.cts import make_cts
from side_by_side.table import FAILED, show
from side_by_side.task import Task

FOLDER = Path(tempfile.gettempdir()) / "kseg-benchmarks"
"""As in `patches.py`: the CTs are made once."""

FILTERS = [16, 32, 64, 128]
DYNUNET = {
    "kernel_size": [3] * len(FILTERS),
    "strides": [1] + [2] * (len(FILTERS) - 1),
    "upsample_kernel_size": [2] * (len(FILTERS) - 1),
    "filters": FILTERS,
    "deep_supr_num": len(FILTERS) - 3,  # nnU-Net weighs the coarsest of its answers with 0
}
COMPILED = ["model.compiled=true", "model.channels_last=true"]
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "kseg": ("ways.kseg_step", {"network": DYNUNET, "overrides": []}),
    "kseg, compiled": ("ways.kseg_step", {"network": DYNUNET, "overrides": COMPILED}),
    "nnU-Net v2": ("ways.nnunet_step", {"filters": FILTERS}),
}
HEADING = ["way", "allocator", "step, s", "nnU-Net's / it, likewise", "nnU-Net's, left alone / it", "the loop adds"]


def main() -> None:
    """Take turns, and print a line for each way with and without the allocator's setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=64, help="voxels of a patch along each axis")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked, console = parser.parse_args(), Console(soft_wrap=True)
    task = Task(folder=asked.folder.resolve(), size=asked.size, workers=2)
    make_cts(task)
    seconds: dict[tuple[str, bool], list[float]] = {}
    added: dict[tuple[str, bool], list[float]] = {}
    for _ in range(asked.rounds):
        for way, (module, settings) in WAYS.items():
            for allocator in (True, False):
                outcome = run_in_child(
                    "side_by_side.step_time:measure",
                    {
                        "way": module,
                        "settings": settings,
                        "task": task.plain(),
                        "steps": asked.steps,
                        "allocator": allocator,
                    },
                )
                if outcome.found is None:
                    console.print(f"{way}: {outcome.error}")
                    continue
                loop, bare = outcome.found["loop"], outcome.found.get("bare", [])
                seconds.setdefault((way, allocator), []).append(median(loop))
                added.setdefault((way, allocator), []).extend(a / b - 1 for a, b in zip(loop, bare, strict=False))
                console.print(f"{way}, allocator {allocator}: {median(loop):.3f} s")
    show([HEADING, *(_row(key, seconds, added) for key in seconds)], console)
    console.print(f"{os.cpu_count()} cores, {asked.rounds} rounds, two patches of {asked.size}^3, filters {FILTERS}")


def _row(
    key: tuple[str, bool], seconds: dict[tuple[str, bool], list[float]], added: dict[tuple[str, bool], list[float]]
) -> list[str]:
    way, allocator = key
    peers = [seconds.get(("nnU-Net v2", with_it), []) for with_it in (allocator, False)]
    ratios = [_ratio(peer, seconds[key]) for peer in peers]
    return [
        way,
        "kept blocks" if allocator else "left alone",
        f"{median(seconds[key]):.3f}",
        *ratios,
        f"{100 * median(added[key]):.1f} %" if added[key] else "",
    ]


def _ratio(peer: list[float], own: list[float]) -> str:
    return f"{median(a / b for a, b in zip(peer, own, strict=True)):.2f}" if len(peer) == len(own) else FAILED


if __name__ == "__main__":
    main()
