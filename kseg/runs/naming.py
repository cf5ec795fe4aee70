"""How a sweep's run is called: its folder, from what was typed for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

LONGEST = 150
"""Characters of a folder's name; file systems take 255 bytes, and other files are named after it."""

SAME_FOR_ALL = frozenset({"experiment", "hparams_search", "name", "run_dir", "sweep_dir", "data.root", "paths.root"})
"""What is the same for every run of a sweep, or says where things lie."""


def folder_name(overrides: Sequence[str]) -> str:
    """Name a run's folder by the overrides of its job, the same in whatever order they were typed.

    Args:
        overrides: `key=value`, as Hydra gives them to a job.

    Returns:
        Such as `model-unet_tiny,seed-1`: choices before single values; no `=`, no `/`, nothing that a shell would
        read. Where letters had to be replaced or left out, a digest keeps different overrides apart. `defaults` if
        nothing tells the job apart.

    >>> folder_name(["seed=1", "name=study", "model.network.channels=[8,16]", "model/loss=dice_ce"])
    'model.loss-dice_ce,seed-1,model.network.channels-8+16'
    """
    telling = sorted(
        (one for one in overrides if _key(one) not in SAME_FOR_ALL), key=lambda one: ("." in _key(one), one)
    )
    if not telling:
        return "defaults"
    wanted = ",".join(_plain(override) for override in telling)
    name = re.sub(r"[^A-Za-z0-9_.,+-]", "_", wanted)[:LONGEST]
    return name if name == wanted else f"{name}-{hashlib.sha256(','.join(telling).encode()).hexdigest()[:8]}"


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def _plain(override: str) -> str:
    key, _, value = override.partition("=")
    value = value.replace("\\", "").replace(":", ".")  # a time, as in 00\:00\:06\:00
    if re.fullmatch(r"\[[\w.,-]*\]", value):
        value = value[1:-1].replace(",", "+")
    return f"{key.replace('/', '.')}-{value}"
