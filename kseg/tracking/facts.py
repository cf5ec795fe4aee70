"""What a logger needs to know of a run before its first line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kseg.runs.config import Config


@dataclass(frozen=True)
class RunFacts:
    """A run as its logger sees it.

    Args:
        folder: The run's own.
        tracking_id: Stays the same when an interrupted run goes on.
        attempt: 1 for the first, more after interruptions.
        config: Resolved; the logger hides what must not leave the machine.
        provenance: Versions, commit, the cohort's digest.
    """

    folder: Path
    tracking_id: str
    attempt: int
    config: Config
    provenance: dict[str, Any] = field(default_factory=dict)
