"""What a logger needs to know of a run before its first line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

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
        cohort: With the columns of `kseg.clinical.cohort.COHORT_COLUMNS`; None where the run ended before it was read.
        seconds_before: That earlier attempts took.
    """

    folder: Path
    tracking_id: str
    attempt: int
    config: Config
    provenance: dict[str, Any] = field(default_factory=dict)
    cohort: pd.DataFrame | None = None
    seconds_before: float = 0.0


def fold_of(config: Config) -> list[str]:
    """The tag that names the fold, where the split has one."""
    fold = config.get("split", {}).get("fold")
    return [] if fold is None else [f"fold-{fold}"]
