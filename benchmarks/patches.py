"""How many patches a second does kseg give a network, and how many do TorchIO, MONAI and nnU-Net v2?

`python benchmarks/patches.py --help` lists the options; README.md beside it says what is compared.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from side_by_side.child import Outcome, run_in_child
from side_by_side.cts import make_cts
from side_by_side.patch_table import patches_a_processor_s, rate, rows
from side_by_side.patch_ways import OURS, further_ways, main_ways
from side_by_side.rounds import take_turns
from side_by_side.table import show
from side_by_side.task import Task
from side_by_side.way import Way, installed, versions

FOLDER = Path(tempfile.gettempdir()) / "kseg-benchmarks"
FURTHER = "further"


def main() -> None:
    """Make what is missing, measure in turns, tell."""
    options, console = _options(), Console(soft_wrap=True)
    task = Task(options.folder.resolve(), options.size, options.workers, options.intensity)
    ways, absent = installed([way for way in (*main_ways(), *further_ways()) if way.name in options.ways])
    for line in absent:
        console.print(line)
    console.print(f"CTs, and what each way makes of them, lie in {task.folder}")
    make_cts(task)
    ways = [way for way in ways if _is_ready(way, task, console)]
    started = time.monotonic()
    results = take_turns(ways, options.rounds, partial(_measure, task=task, seconds=options.seconds), _told, console)
    console.print(f"{options.rounds} rounds took {(time.monotonic() - started) / 60:.0f} minutes")
    show(rows(ways, results, task.patients, OURS), console)
    _tell_what_is_on(ways, task, console)


def _options() -> argparse.Namespace:
    main, further = ([way.name for way in ways] for ways in (main_ways(), further_ways()))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=96, help="voxels of a patch along each axis (96)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way (3)")
    parser.add_argument("--seconds", type=float, default=8, help="for which patches are counted in a turn (8)")
    what = f"some of {','.join(main)} (all of these) and {','.join(further)} (`further` stands for them)"
    parser.add_argument("--ways", type=partial(_names, main, further), default=main, help=what)
    parser.add_argument("--workers", type=int, default=2, help="processes that make patches (2)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"is kept for the next time ({FOLDER})")
    parser.add_argument("--no-intensity", dest="intensity", action="store_false", help="only rotate, scale and mirror")
    return parser.parse_args()


def _names(main: Sequence[str], further: Sequence[str], text: str) -> list[str]:
    asked = text.replace(FURTHER, ",".join(further)).split(",")
    unknown = sorted(set(asked) - {*main, *further})
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join([*main, *further, FURTHER])}")
    return asked


def _is_ready(way: Way, task: Task, console: Console) -> bool:
    """Let a way do what it does once for a cohort; what it has made earlier, it finds again."""
    outcome = _call("make_ready", way, task)
    if outcome.error:
        console.print(f"{way.title} is left out, as it cannot prepare the CTs: {outcome.error}")
    return not outcome.error


def _measure(way: Way, *, task: Task, seconds: float) -> Outcome:
    return _call("measure", way, task, seconds=seconds, cycle=way.cycle)


def _call(function: str, way: Way, task: Task, **further: float) -> Outcome:
    arguments = {"way": way.module, "settings": dict(way.settings), "task": task.plain(), **further}
    return run_in_child(f"side_by_side.patch_rate:{function}", arguments)


def _told(found: dict[str, Any]) -> str:
    processor_ms = 1000 / patches_a_processor_s(found)
    return f"{rate(found):.1f} patches a second, {processor_ms:.0f} ms each; the first after {found['first_s']:.1f} s"


def _tell_what_is_on(ways: Sequence[Way], task: Task, console: Console) -> None:
    what = "rotation, scaling and mirroring" + (", and the intensities that are listed" if task.intensity else "")
    console.print(
        f"{task.size}^3, batches of {task.batch_size}, {task.workers} workers, {os.cpu_count()} cores; {what}"
    )
    console.print(f"Python {sys.version.split()[0]}, {versions(ways)}")
    for way in ways:
        console.print(f"{way.name}: {way.note}")


if __name__ == "__main__":
    main()
