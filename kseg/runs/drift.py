"""Has the recipe changed since a run began that goes on with its own?"""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from kseg.runs.config import Config, moved, read_config
from kseg.runs.folder import RunFolder
from kseg.runs.opening import BUDGET, key_of

NOT_COMPARED = frozenset({"paths", "run_dir", "sweep_dir", "overrides", "repeat", "dry_run", "memory_gb"})
"""Where things lie, and what was typed, which is compared by itself."""

SETTLED = frozenset({"trainer.precision", "trainer.gradient_clip_val"})
"""What a run puts into its config when it begins, beside what it takes from its training cases."""


def drifted(run: RunFolder, composed: DictConfig) -> list[str]:
    """Name what has other values today than in the config of a run that stands, and goes on from that.

    Args:
        run: Its folder.
        composed: By Hydra, for the same run.

    Returns:
        Keys such as `model.optimizer.lr`, in the order of the alphabet; none of what is settled when a run begins, or
        of a budget that was typed.
    """
    if not run.config.is_file():
        return []
    today = _compared(OmegaConf.to_container(composed, resolve=True, throw_on_missing=False))
    kept = _compared(read_config(run.config))
    typed = BUDGET & {key_of(override) for override in composed.overrides}
    differ = {key for key in today.keys() | kept.keys() if today.get(key) != kept.get(key)}
    return sorted(key for key in differ - SETTLED - typed if not str(today.get(key)).startswith("fingerprint."))


def _compared(config: Any) -> Config:
    for name in ("run", "root"):
        if place := config.get("paths", {}).get(name):
            config = moved(config, str(place), name)
    return _leaves({name: content for name, content in config.items() if name not in NOT_COMPARED})


def _leaves(value: Any, key: str = "") -> Config:
    """What a config holds, by dotted keys; a list is one value."""
    if not isinstance(value, dict):
        return {key: value}
    below = [_leaves(content, f"{key}.{name}" if key else str(name)) for name, content in value.items()]
    return {name: content for leaves in below for name, content in leaves.items()}
