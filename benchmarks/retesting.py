"""How long does it take to test a table of scores again from the shell, beside importing pingouin?

`python benchmarks/retesting.py --help` lists the options; README.md beside it says what is compared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from side_by_side.child import Outcome
from side_by_side.rounds import Results, ratios, sound, take_turns
from side_by_side.table import FAILED, show, spread
from side_by_side.way import Way, versions

ROOT = Path(__file__).resolve().parents[1]
GROUPS = {"control": 0.95, "mild": 0.945, "moderate": 0.94, "severe": 0.92}
STRUCTURES = ("parenchyma", "cortex", "medulla")
A_GROUP = 6
METRICS = ("dice", "nsd_1mm", "nsd_2mm", "nsd_3mm")
PEER = "pingouin"
WAYS = [
    Way("dice", "kseg, Dice", "table", "kseg", f"24 patients, 3 structures, Dice: {3 * 24} rows"),
    Way("all", "kseg, four metrics", "table", "kseg", f"four metrics: {4 * 3 * 24} rows", {"metrics": METRICS}),
    Way(PEER, "pingouin", "import", PEER, "import alone"),
]
HEADING = ["way", "what", "seconds", "it / pingouin, by the clock", "processor s", "it / pingouin, by processor time"]


def main() -> None:
    """Measure in turns, tell."""
    options, console = _options(), Console(soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        results = take_turns(WAYS, options.rounds, partial(_measure, folder=Path(folder)), _told, console)
    show([HEADING, *(_row(way, results) for way in WAYS)], console)
    console.print("python evaluate.py table=CSV output=FOLDER report=none, all tests of conf/stats/default.yaml")
    console.print(f"Python {sys.version.split()[0]}, {versions(WAYS)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each way (5)")
    return parser.parse_args()


def _measure(way: Way, *, folder: Path) -> Outcome:
    if way.name == PEER:
        return _timed([sys.executable, "-c", "import pingouin"])
    table = folder / f"{way.name}.csv"
    _scores(way.settings.get("metrics", METRICS[:1])).to_csv(table, index=False)
    results = f"output={folder / way.name}"
    return _timed([sys.executable, str(ROOT / "evaluate.py"), f"table={table}", results, "report=none"])


def _scores(metrics: Sequence[str]) -> pd.DataFrame:
    random = np.random.default_rng(24)
    rows = [
        (f"P{place}", group, structure, metric, min(1.0, random.normal(mean, 0.01)))
        for structure in STRUCTURES
        for metric in metrics
        for place, (group, mean) in enumerate(pair for pair in GROUPS.items() for _ in range(A_GROUP))
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


def _timed(command: Sequence[str]) -> Outcome:
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    seconds, after = time.perf_counter() - began, os.times()
    if done.returncode:
        return Outcome(None, 0, done.stderr)
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Outcome({"seconds": seconds, "processor_s": spent}, 0)


def _told(found: dict[str, Any]) -> str:
    return f"{found['seconds']:.2f} s, {found['processor_s']:.2f} s of the processor"


def _row(way: Way, results: Results) -> list[str]:
    found = [outcome.found for outcome in sound(results[way.name]) if outcome.found]
    if not found:
        return [way.title, way.note, FAILED]
    row = [way.title, way.note]
    for value in ("seconds", "processor_s"):
        number = itemgetter(value)
        row += [spread([number(one) for one in found], 2)]
        row += [spread(ratios(results[way.name], results[PEER], number), 2)]
    return row


if __name__ == "__main__":
    main()
