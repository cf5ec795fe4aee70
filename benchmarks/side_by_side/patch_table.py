"""What do the rounds say about the ways to a patch?"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side.child import Outcome
from side_by_side.rounds import Results, ratios, sound
from side_by_side.table import FAILED, spread
from side_by_side.way import Way

HEADING = (
    *("way", "labels", "patches from a CT", "patches a second", "lean / it, by the clock", "processor ms a patch"),
    *("lean / it, by processor time", "first batch, s", "peak, GB", "with kidney"),
)


def rate(found: dict[str, Any]) -> float:
    """Patches a second.

    Args:
        found: As `side_by_side.patch_rate.measure` gives it.
    """
    return float(found["patches"] / found["seconds"])


def patches_a_processor_s(found: dict[str, Any]) -> float:
    """Patches for each second that a core was busy with them: hardly changed by whatever else runs.

    Args:
        found: As `side_by_side.patch_rate.measure` gives it.
    """
    return float(found["patches"] / found["processor_s"])


def rows(ways: Sequence[Way], results: Results, patients: Path, ours: str) -> list[list[str]]:
    """Make a row a way.

    Args:
        ways: In the order of the rows.
        results: Of all rounds.
        patients: The table of patients, with a column `group`.
        ours: The way that is divided by the others.

    Returns:
        The heading, then the rows.
    """
    groups = _groups(patients)
    table = [[*HEADING, *dict.fromkeys(groups.values())]]
    for way in ways:
        went_well, theirs = sound(results[way.name]), results[way.name]
        by = [ratios(results.get(ours, []), theirs, value) for value in (rate, patches_a_processor_s)]
        cells = [*_speed(went_well, by), *_content(went_well, groups)] if went_well else [FAILED]
        table.append([f"`{way.name}`", way.labels, way.from_a_ct, *cells])
    return table


def _speed(outcomes: Sequence[Outcome], by: Sequence[Sequence[float]]) -> list[str]:
    found = [outcome.found for outcome in outcomes if outcome.found]
    by_clock, by_processor = (spread(ratio, 1) for ratio in by)
    return [
        spread([rate(one) for one in found], 1),
        by_clock,
        spread([1000 / patches_a_processor_s(one) for one in found], 0),
        by_processor,
        spread([one["first_s"] for one in found], 1),
        f"{median(outcome.peak_gb for outcome in outcomes):.2f}",
    ]


def _content(outcomes: Sequence[Outcome], groups: dict[str, str]) -> list[str]:
    found = [outcome.found for outcome in outcomes if outcome.found]
    cases = sum((Counter(one["cases"]) for one in found), Counter[str]())
    shares = [sum(one["with_kidney"] for one in found)]
    shares += [sum(n for case, n in cases.items() if groups[case] == name) for name in dict.fromkeys(groups.values())]
    return [f"{share / cases.total():.0%}" for share in shares]


def _groups(patients: Path) -> dict[str, str]:
    with patients.open() as file:
        return {row["patient_id"]: row["group"] for row in csv.DictReader(file)}
