"""Which process of a distributed training this is."""

from __future__ import annotations

import os

RANK_VARIABLES = ("NODE_RANK", "LOCAL_RANK")
"""How Lightning numbers the processes it starts; in the first one each is zero or absent."""


def is_first_process() -> bool:
    """Whether this process writes, predicts and reports; all others only train with it."""
    return not any(int(os.environ.get(name) or 0) for name in RANK_VARIABLES)
