"""What does the config of a run lack that an earlier version made, and what stands for it?"""

from __future__ import annotations

from typing import Any

from kseg.runs.config import Config

LATER: dict[str, Any] = {
    "sides": False,
    "stats": {"alpha": 0.05, "kidney_tests": {}, "volume_tests": {}, "volume_trends": {}},
}
"""What came to the config in later versions, and how runs were evaluated before."""


def completed(config: Config) -> Config:
    """Fill in what an earlier version's config lacks.

    Args:
        config: Of a run, plain.

    Returns:
        The same with all keys that an evaluation reads.
    """
    return {**LATER, **config, "stats": {**LATER["stats"], **config["stats"]}}


def lacking(config: Config) -> list[str]:
    """Say in a line, if need be, what `completed` fills in.

    Args:
        config: Of a run, plain.
    """
    of_stats = [f"stats.{key}" for key in LATER["stats"] if key not in config["stats"]]
    absent = [*(key for key in LATER if key not in config), *of_stats]
    return [f"The run is of an earlier version, without {', '.join(absent)}: evaluated as then\n"] if absent else []
