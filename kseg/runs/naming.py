"""How a sweep's run is called: its folder, from what was typed for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence

LONGEST = 150
"""Characters of a folder's name; file systems take 255 bytes, and other files are named after it."""

SAME_FOR_ALL = frozenset({"experiment", "hparams_search", "name", "run_dir", "sweep_dir", "data.root", "paths.root"})
"""What is the same for every run of a sweep, or says where things lie."""


PLACES = frozenset({"data.root", "paths.root"})
"""Of those, what tells runs apart where a sweep varies it."""


def folder_name(overrides: Sequence[str], swept: Collection[str] = ()) -> str:
    """Name a run's folder by the overrides of its job, the same in whatever order they were typed.

    Args:
        overrides: `key=value`, as Hydra gives them to a job.
        swept: Keys of which the sweep tries several values; of `PLACES` among them, a digest stands for the path.

    Returns:
        Such as `model-unet_tiny,seed-1`: choices before single values; no `=`, no `/`, nothing that a shell would
        read. Where letters had to be replaced or left out, a digest keeps different overrides apart. `defaults` if
        nothing tells the job apart.

    >>> folder_name(["seed=1", "name=study", "model.network.channels=[8,16]", "model/loss=dice_ce"])
    'model.loss-dice_ce,seed-1,model.network.channels-8+16'
    """
    same = SAME_FOR_ALL - (PLACES & set(swept))
    telling = sorted(
        (_digested(one) if _key(one) in PLACES else one for one in overrides if _key(one) not in same),
        key=lambda one: ("." in _key(one), one),
    )
    if not telling:
        return "defaults"
    wanted = ",".join(_plain(override) for override in telling)
    name = re.sub(r"[^A-Za-z0-9_.,+-]", "_", wanted)[:LONGEST]
    return name if name == wanted else f"{name}-{_digest(','.join(telling))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _digested(override: str) -> str:
    key, _, value = override.partition("=")
    return f"{key}={_digest(value)}"


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def _plain(override: str) -> str:
    key, _, value = override.partition("=")
    value = value.replace("\\", "").replace(":", ".")  # a time, as in 00\:00\:06\:00
    if re.fullmatch(r"\[[\w.,-]*\]", value):
        value = value[1:-1].replace(",", "+")
    return f"{key.replace('/', '.')}-{value}"
