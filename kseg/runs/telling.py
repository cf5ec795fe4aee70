"""How a script tells its user that the input cannot work."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from kseg.errors import InputError

PLACE_ERRORS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT})


@contextmanager
def told_plainly() -> Iterator[None]:
    """End on bad input with one line a problem and exit code 1, not with a traceback.

    In a sweep the error goes on to Hydra, which counts the job as failed and starts the next.
    """
    try:
        yield
    except (InputError, OSError) as error:
        problems = error.problems if isinstance(error, InputError) else _place_problems(error)
        if not problems or HydraConfig.get().mode == RunMode.MULTIRUN:
            raise
        for problem in problems:
            print(f"kseg: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


def _place_problems(error: OSError) -> tuple[str, ...]:
    """A place where nothing can be written is the user's to change; any other error of the system is a fault."""
    if error.errno not in PLACE_ERRORS or error.filename is None:
        return ()
    return (f"{error.filename}: cannot be written ({error.strerror}); give another place, or make room",)
