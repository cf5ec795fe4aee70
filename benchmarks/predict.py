"""From a CT's file to a label map's: how long do kseg and nnU-Net v2's predictor take with one and the same network?

Both on the CPU in float32, both with the allocator's setting, windows that overlap by half and are mirrored right-left,
on the same CT of 512 x 512 x 120 voxels. The network comes from a short training by kseg on these CTs, which is kept;
`--run` gives another one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from side_by_side.child import Outcome, run_in_child
from side_by_side.cts import make_cts
from side_by_side.rounds import Results, ratios, sound, take_turns
from side_by_side.table import FAILED, show, spread
from side_by_side.task import Task
from side_by_side.way import Way, installed, versions

from kseg.images import read_volume
from kseg.labels import OUTLINED, structure_mask
from kseg.metrics.overlap import dice

FOLDER = Path(tempfile.gettempdir()) / "kseg-benchmarks"
"""As in `patches.py`: the CTs are made once."""
ROOT = Path(__file__).resolve().parents[1]
PATCH_SIZE = 96
"""Of nnU-Net's plan, of which all that matters here is replaced."""
OURS, PEER = "kseg", "nnunet"
HEADING = [
    *("way", "seconds", "nnU-Net v2 / it, by the clock", "processor s", "nnU-Net v2 / it, by processor time"),
    *("windows", "of the processor, in the network", "peak, GB", "Dice, parenchyma", "Dice, cortex"),
]


def main() -> None:
    """Take turns, and print a line for each way."""
    options, console = _options(), Console(soft_wrap=True)
    task = Task(options.folder.resolve(), PATCH_SIZE, workers=2)
    make_cts(task)
    run = options.run or _trained(task, options.model, options.minutes)
    ways, absent = installed(_ways(task))
    for line in absent:
        console.print(line)
    case = options.case or task.case_ids[0]
    measure = partial(_measure, task=task, run=run, case=case)
    results = take_turns(ways, options.rounds, measure, _told, console)
    show([HEADING, *(_row(way, results, task, case) for way in ways)], console)
    console.print(
        f"{case}: 512 x 512 x 120 voxels; {os.cpu_count()} cores, {options.rounds} rounds; the network of {run}"
    )
    console.print(f"Python {sys.version.split()[0]}, {versions(ways)}")


def _ways(task: Task) -> list[Way]:
    ours, peer = "ways.kseg_predict", "ways.nnunet_predict"
    return [
        Way(OURS, "kseg", ours, "kseg", "finds the kidneys first", {"search": True}),
        Way("kseg-whole", "kseg, search off", ours, "kseg", "the whole CT", {"search": False}),
        Way(PEER, "nnU-Net v2", peer, "nnunetv2", "the whole CT", {"task": task.plain()}),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a training's folder; its Dice is low on CTs that it was not made for")
    parser.add_argument("--model", default="unet_tiny", help="which is trained, where there is no --run (unet_tiny)")
    parser.add_argument("--minutes", type=int, default=5, help="of training, where there is no --run (5)")
    parser.add_argument("--case", help="which of the CTs is outlined (the first)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way (3)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"is kept for the next time ({FOLDER})")
    return parser.parse_args()


def _trained(task: Task, model: str, minutes: int) -> Path:
    """Train on the CTs, all but once: what is measured needs a network that finds kidneys."""
    run = task.folder / f"predict-{model}-{minutes}-minutes"
    if not (run / "report.html").exists():
        data = ["data=label_maps", f"data.root={task.patients.parent}", "split=fractions", "logger=none"]
        how = [f"paths.root={task.folder / 'kseg'}", f"trainer.max_time=00:00:{minutes:02d}:00", "report=none"]
        command = [sys.executable, str(ROOT / "train.py"), f"run_dir={run}", f"model={model}", *data, *how]
        subprocess.run(command, cwd=ROOT, check=True)
    return run


def _measure(way: Way, *, task: Task, run: Path, case: str) -> Outcome:
    arguments = {"way": way.module, "settings": dict(way.settings), "run": str(run)}
    files = {"ct": str(task.images / f"{case}.nii.gz"), "output": str(_output(task, way, case))}
    return run_in_child("side_by_side.predict_time:measure", arguments | files)


def _output(task: Task, way: Way, case: str) -> Path:
    folder = task.folder / "predicted" / way.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{case}.nii.gz"


def _told(found: dict[str, Any]) -> str:
    processor = f"{found['processor_s']:.1f} s of the processor, {found['network_s']:.1f} s of these in the network"
    return f"{found['seconds']:.1f} s, {processor}, {found['windows']} windows"


def _row(way: Way, results: Results, task: Task, case: str) -> list[str]:
    found = [outcome.found for outcome in sound(results[way.name]) if outcome.found]
    if not found:
        return [way.title, FAILED]
    shares = [100 * one["network_s"] / one["processor_s"] for one in found]
    peak_gb = max(outcome.peak_gb for outcome in results[way.name])
    predicted, drawn = (read_volume(file).voxels for file in (_output(task, way, case), task.labels / f"{case}.nii.gz"))
    scores = [dice(structure_mask(drawn, name), structure_mask(predicted, name)) for name in OUTLINED]
    return [
        way.title,
        *_times(way, results),
        str(found[0]["windows"]),
        f"{spread(shares, 0)} %",
        f"{peak_gb:.2f}",
        *(f"{score:.3f}" for score in scores),
    ]


def _times(way: Way, results: Results) -> list[str]:
    cells = []
    for name in ("seconds", "processor_s"):
        of = itemgetter(name)
        cells.append(spread([of(one.found) for one in sound(results[way.name])], 1))
        cells.append(spread(ratios(results.get(PEER, []), results[way.name], of), 1))
    return cells


if __name__ == "__main__":
    main()
