"""How are ways measured in turns, so that a machine that drifts is unfair to none?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from side_by_side.child import Outcome
from side_by_side.way import Way

Results = dict[str, list[Outcome]]
"""What each way came to, round after round."""


def take_turns(
    ways: Sequence[Way], rounds: int, run: Callable[[Way], Outcome], told: Callable[[Any], str], console: Console
) -> Results:
    """Run A B C, A B C, ...

    Args:
        ways: A, B, C.
        rounds: How often each has its turn; a way that fails has no further one.
        run: One turn.
        told: Says in a few words what a turn has found.
        console: Where progress is told.

    Returns:
        All outcomes.
    """
    results: Results = {way.name: [] for way in ways}
    for number in range(1, rounds + 1):
        for way in ways:
            if any(outcome.error for outcome in results[way.name]):
                continue
            outcome = run(way)
            results[way.name].append(outcome)
            console.print(f"round {number} of {rounds}, {way.title}: {outcome.error or told(outcome.found)}")
    return results


def sound(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The turns that went well.

    Args:
        outcomes: Of one way.
    """
    return [outcome for outcome in outcomes if outcome.found is not None]


def ratios(ours: Sequence[Outcome], theirs: Sequence[Outcome], value: Callable[[Any], float]) -> list[float]:
    """Divide round by round, as neighbours in time saw the same machine.

    Args:
        ours: What is divided.
        theirs: What it is divided by.
        value: The number that an outcome's finding holds.

    Returns:
        A ratio for each round that went well for both.
    """
    both = [(a.found, b.found) for a, b in zip(ours, theirs, strict=False) if a.found and b.found]
    return [value(a) / value(b) for a, b in both]
