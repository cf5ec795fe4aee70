"""What do the rounds say about the ways to a patch?"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side.child import Outcome
from side_by_side.rounds import Results, median_ratio, sound
from side_by_side.table import FAILED
from side_by_side.way import Way

HEADING = (
    *("way", "patches a CT", "patches a second", "from .. to", "ours / its", "processor ms a patch", "its / ours"),
    *("first batch, s", "peak, GB", "with kidney"),
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
        went_well, our_turns = sound(results[way.name]), results.get(ours, [])
        ratios = [median_ratio(our_turns, results[way.name], value) for value in (rate, patches_a_processor_s)]
        cells = [*_speed(went_well, ratios), *_content(went_well, groups)] if went_well else [FAILED]
        table.append([way.title, str(way.settings.get("per_volume", 1)), *cells])
    return table


def _speed(outcomes: Sequence[Outcome], ratios: Sequence[float]) -> list[str]:
    found = [outcome.found for outcome in outcomes if outcome.found]
    rates = [rate(one) for one in found]
    return [
        f"{median(rates):.1f}",
        f"{min(rates):.1f} .. {max(rates):.1f}",
        f"{ratios[0]:.2f}",
        f"{median(1000 / patches_a_processor_s(one) for one in found):.0f}",
        f"{ratios[1]:.2f}",
        f"{median(one['first_s'] for one in found):.1f}",
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
