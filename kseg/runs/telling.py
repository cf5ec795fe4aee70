"""What a script tells its user: that the input cannot work, and nothing that is no news."""

from __future__ import annotations

import errno
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from kseg.errors import InputError
from kseg.printable import printable
from kseg.runs.ending import Terminated

PLACE_ERRORS = frozenset(
    {
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT),
        *(errno.EEXIST, errno.ENOTDIR, errno.EISDIR),  # a file where a folder is needed, and the other way about
    }
)


@contextmanager
def told_plainly(goes_on: str = "the same command with run_dir=FOLDER goes on") -> Iterator[None]:
    """End on bad input with one line a problem and exit code 1, not with a traceback; likewise when asked to end.

    Args:
        goes_on: How what was asked to end is taken up again.
    """
    try:
        yield
    except Terminated as request:
        print(f"kseg: {request}; {goes_on}", file=sys.stderr)
        raise SystemExit(128 + request.number) from None
    except (InputError, OSError) as error:
        problems = error.problems if isinstance(error, InputError) else _place_problems(error)
        if not problems:
            raise
        for problem in problems:
            print(f"kseg: {printable(' '.join(problem.splitlines()))}", file=sys.stderr)
        raise SystemExit(1) from None


def silence_lightning() -> None:
    """Leave out of Lightning's words what a run says itself, and what is no news in one."""
    for expected in (
        "Total length of `list` across ranks is zero",  # nobody in val
        "Checkpoint directory .* exists and is not empty",  # a run that goes on
        "It is recommended to use `self.log.*sync_dist",  # what is logged is the same on all processes already
        "The `srun` command is available",  # a cluster's jobs are started by Hydra's launcher
        ".*treespec",  # Lightning calls torch's pytree by its old name
    ):
        warnings.filterwarnings("ignore", message=expected)
    for chatty in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _place_problems(error: OSError) -> tuple[str, ...]:
    """A place where nothing can be written is the user's to change; any other error of the system is a fault."""
    if error.errno not in PLACE_ERRORS or error.filename is None:
        return ()
    return (f"{error.filename}: cannot be written ({error.strerror}); give another place, or make room",)
