"""How a script tells its user that the input cannot work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from kseg.errors import InputError


@contextmanager
def told_plainly() -> Iterator[None]:
    """End on bad input with one line a problem and exit code 1, not with a traceback.

    In a sweep the error goes on to Hydra, which counts the job as failed and starts the next.
    """
    try:
        yield
    except InputError as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise
        for problem in error.problems:
            print(f"kseg: {problem}", file=sys.stderr)
        raise SystemExit(1) from None
