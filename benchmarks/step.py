"""What does kseg's loop add to a training step, and how long does nnU-Net v2's trainer take for the same network?

Both on the CPU, with and without the allocator's setting, in fresh processes that take turns. kseg computes in the
precision that its YAML leaves to the processor, nnU-Net in float32. What the loop adds does not depend on the network:
`--size 16 --steps 200` tells it best, since long steps vary by more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from side_by_side.child import Outcome, run_in_child
from side_by_side.cts import make_cts
from side_by_side.rounds import Results, ratios, sound, take_turns
from side_by_side.table import FAILED, show, spread
from side_by_side.task import Task
from side_by_side.way import Way, installed, versions

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
KEPT, ALONE = "keeps large blocks", "as it is"
WAYS = [
    *(
        Way(f"{name}, {allocator}", name, module, package, allocator, settings)
        for name, module, package, settings in (
            ("kseg", "ways.kseg_step", "kseg", {"network": DYNUNET, "overrides": []}),
            ("kseg, compiled", "ways.kseg_step", "kseg", {"network": DYNUNET, "overrides": COMPILED}),
            ("nnU-Net v2", "ways.nnunet_step", "nnunetv2", {"filters": FILTERS}),
        )
        for allocator in (KEPT, ALONE)
    )
]
PEER = "nnU-Net v2"
HEADING = ["way", "allocator", "step, s", f"{PEER} likewise / it", f"{PEER} as it is / it", "the loop adds, ms"]


def main() -> None:
    """Take turns, and print a line for each way with and without the allocator's setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=48, help="voxels of a patch along each axis (48: half a second)")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked, console = parser.parse_args(), Console(soft_wrap=True)
    task = Task(folder=asked.folder.resolve(), size=asked.size, workers=2)
    make_cts(task)
    ways, absent = installed(WAYS)
    for line in absent:
        console.print(line)
    results = take_turns(ways, asked.rounds, partial(_measure, task=task, steps=asked.steps), _told, console)
    show([HEADING, *(_row(way, results) for way in ways)], console)
    console.print(f"{os.cpu_count()} cores, {asked.rounds} rounds, two patches of {asked.size}^3, filters {FILTERS}")
    console.print(f"Python {sys.version.split()[0]}, {versions(ways)}")


def _measure(way: Way, *, task: Task, steps: int) -> Outcome:
    step = {"steps": steps, "allocator": way.note == KEPT}
    arguments = {"way": way.module, "settings": dict(way.settings), "task": task.plain(), **step}
    return run_in_child("side_by_side.step_time:measure", arguments)


def _told(found: dict[str, Any]) -> str:
    return f"{_step_s(found):.3f} s"


def _step_s(found: dict[str, Any]) -> float:
    return median(found["loop"])


def _row(way: Way, results: Results) -> list[str]:
    own, went_well = results[way.name], sound(results[way.name])
    if not went_well:
        return [way.title, way.note, FAILED]
    likewise, as_it_is = (
        ratios(results.get(f"{PEER}, {allocator}", []), own, _step_s) for allocator in (way.note, ALONE)
    )
    steps = spread([_step_s(outcome.found) for outcome in went_well if outcome.found], 3)
    added_ms = [1000 * (a - b) for outcome in went_well for a, b in _pairs(outcome.found)]
    return [
        way.title,
        way.note,
        steps,
        spread(likewise, 2),
        spread(as_it_is, 2),
        f"{median(added_ms):.1f}" if added_ms else "",
    ]


def _pairs(found: dict[str, Any] | None) -> list[tuple[float, float]]:
    """Each step of the loop with the bare one after it."""
    return list(zip(found["loop"], found["bare"], strict=True)) if found and "bare" in found else []


if __name__ == "__main__":
    main()
