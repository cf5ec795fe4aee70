"""How do the threads of one computation wait for each other?"""

from __future__ import annotations

import os
import sys

TURNS = "30000"
"""Half a millisecond to one and a half, by the processor, a tenth of the default.

Longer than a thread needs that was not interrupted, shorter than one that was. With 10,000 a training on two cores took
15 % longer, since each computation had to wake its threads; with 30,000 no longer than by default.
"""


def wait_briefly() -> bool:
    """Let OpenMP's threads of a computation give up their processors soon when one of them is late.

    By default they spin for milliseconds, each time that one of them was interrupted: beside data workers, or anybody
    else who computes on the same processors, a training step can take ten times as long. See `benchmarks/threads.py`.
    Call it before PyTorch is imported; what the environment says already wins.

    Returns:
        Whether it was early enough. Elsewhere than in GNU's OpenMP it does nothing.
    """
    if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
        os.environ["GOMP_SPINCOUNT"] = TURNS
    return "torch" not in sys.modules
