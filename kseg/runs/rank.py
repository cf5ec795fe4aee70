"""Which process of a distributed training this is."""

from __future__ import annotations

import os

RANK_VARIABLES = ("RANK", "SLURM_PROCID", "NODE_RANK", "LOCAL_RANK")
"""How torchrun, SLURM and Lightning number processes; in the first one each is zero or absent."""


def is_first_process() -> bool:
    """Whether this process writes, predicts and reports; all others only train with it."""
    return not any(int(os.environ.get(name) or 0) for name in RANK_VARIABLES)
