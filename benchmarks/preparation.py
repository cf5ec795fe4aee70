"""How long does kseg take to prepare twelve CTs for training, and how long do TorchIO and nnU-Net v2?

`python benchmarks/preparation.py --help` lists the options; README.md beside it says what is compared.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from operator import itemgetter
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
PATCH_SIZE = 96
"""nnU-Net cuts its files up to fit the patch."""
OURS = "kseg"
WAYS = [
    Way("kseg", "kseg", "ways.kseg_patches", "kseg", "CT linear, labels linear each, body only", {"patches": "lean"}),
    Way("torchio", "TorchIO", "ways.torchio_preparation", "torchio", "CT linear, labels nearest"),
    Way("nnunet", "nnU-Net v2", "ways.nnunet", "nnunetv2", "CT cubic, labels linear each; plan not counted"),
]
HEADING = ["way", "interpolation", "seconds", "it / kseg, by the clock", "processor s", "it / kseg, by processor time"]


def main() -> None:
    """Make what is missing, measure in turns, tell."""
    options, console = _options(), Console(soft_wrap=True)
    task = Task(options.folder.resolve(), PATCH_SIZE, options.workers)
    ways, absent = installed(WAYS)
    for line in absent:
        console.print(line)
    console.print(f"CTs, and what each way makes of them, lie in {task.folder}")
    make_cts(task)
    _read_once(task)
    results = take_turns(ways, options.rounds, partial(_measure, task=task), _told, console)
    show([[*HEADING, "peak, GB"], *(_row(way, results) for way in ways)], console)
    console.print(f"{len(task.case_ids)} CTs, {task.workers} at once, {os.cpu_count()} cores, to {task.spacing_mm} mm")
    console.print(f"Python {sys.version.split()[0]}, {versions(ways)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way (3)")
    parser.add_argument("--workers", type=int, default=2, help="cases that are prepared at once (2)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"is kept for the next time ({FOLDER})")
    return parser.parse_args()


def _read_once(task: Task) -> None:
    """So that the first to have its turn is not the one that waits for the disk."""
    for path in (*task.images.iterdir(), *task.labels.iterdir()):
        path.read_bytes()


def _measure(way: Way, *, task: Task) -> Outcome:
    arguments = {"way": way.module, "settings": dict(way.settings), "task": task.plain()}
    return run_in_child("side_by_side.preparation_time:measure", arguments)


def _told(found: dict[str, Any]) -> str:
    return f"{found['seconds']:.1f} s, {found['processor_s']:.1f} s of the processor"


def _row(way: Way, results: Results) -> list[str]:
    went_well = sound(results[way.name])
    return [way.title, way.note, *(_cells(results, way) if went_well else [FAILED])]


def _cells(results: Results, way: Way) -> list[str]:
    cells = []
    outcomes = sound(results[way.name])
    for name in ("seconds", "processor_s"):
        found = itemgetter(name)
        cells.append(spread([found(outcome.found) for outcome in outcomes], 1))
        cells.append(spread(ratios(results[way.name], results.get(OURS, []), found), 1))
    return [*cells, f"{median(outcome.peak_gb for outcome in outcomes):.2f}"]


if __name__ == "__main__":
    main()
