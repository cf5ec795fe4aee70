"""How long does it take to score the label map of a whole CT, and how long do MONAI and google-deepmind take?

`python benchmarks/scoring.py --help` lists the options; README.md beside it says what is compared.
"""

from __future__ import annotations

import argparse
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
from side_by_side.way import Way, versions

FOLDER = Path(tempfile.gettempdir()) / "kseg-benchmarks"
OURS = "kseg"
WAYS = [
    Way("kseg", "kseg", "kseg", "kseg", "Dice, volumes, NSD at 1, 2 and 3 mm, HD95, mean distance; in their box"),
    Way("monai", "MONAI", "monai", "monai", "Dice, HD95, NSD at 1 mm by surface elements; the whole volume"),
    Way("google", "google-deepmind", "google", "surface-distance", "Dice, HD95, NSD at 1 mm; in their box"),
]
HEADING = [
    *("way", "metrics", "seconds", "it / kseg, by the clock", "processor s", "it / kseg, by processor time"),
    *("memory beside the maps, MB", "Dice", "HD95, mm", "NSD"),
]


def main() -> None:
    """Make what is missing, measure in turns, tell."""
    options, console = _options(), Console(soft_wrap=True)
    task = Task(options.folder.resolve(), 96, 1)
    make_cts(task)
    results = take_turns(WAYS, options.rounds, partial(_measure, task=task), _told, console)
    show([HEADING, *(_row(way, results) for way in WAYS)], console)
    console.print("One pair of 512 x 512 x 120: parenchyma, cortex and medulla; the scores shown are the cortex's")
    console.print(f"Python {sys.version.split()[0]}, {versions(WAYS)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way (3)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"is kept for the next time ({FOLDER})")
    return parser.parse_args()


def _measure(way: Way, *, task: Task) -> Outcome:
    return run_in_child("ways.scores:measure", {"way": way.module, "task": task.plain()})


def _told(found: dict[str, Any]) -> str:
    return f"{found['seconds']:.2f} s"


def _row(way: Way, results: Results) -> list[str]:
    found = [outcome.found for outcome in sound(results[way.name]) if outcome.found]
    if not found:
        return [way.title, way.note, FAILED]
    scores = [f"{found[0][name]:.4f}" for name in ("dice", "hd95_mm", "nsd_1mm")]
    times = []
    for number in (itemgetter("seconds"), itemgetter("processor_s")):
        times += [spread([number(one) for one in found], 2)]
        times += [spread(ratios(results[way.name], results[OURS], number), 1)]
    return [
        way.title,
        way.note,
        *times,
        f"{median(one['beside_mb'] for one in found):.0f}",
        *scores,
    ]


if __name__ == "__main__":
    main()
