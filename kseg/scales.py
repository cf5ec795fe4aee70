"""Which of a metric's values are good: the one table of directions."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNIT = re.compile(r"(_(\d+(\.\d+)?)?(mm|ml|percent))?$")
"""What ends a metric's name, with a tolerance or without."""

PERCENTILE = re.compile(r"^hd\d+(\.\d+)?$")
"""A Hausdorff distance, whatever share of the surface it looks at."""


@dataclass(frozen=True)
class Scale:
    """What a metric's values mean.

    Args:
        lower_is_better: Whether 0 is the best.
        signed: Whether values lie on both sides of 0, and the best in the middle: neither more nor less is better.
        unbounded: Whether a missed structure has no value, because none would be bad enough.
    """

    lower_is_better: bool = False
    signed: bool = False
    unbounded: bool = False


SHARE = Scale()
DISTANCE = Scale(lower_is_better=True, unbounded=True)
SIZE = Scale(lower_is_better=True)
DIFFERENCE = Scale(lower_is_better=True, signed=True)

SCALES = {
    "dice": SHARE,
    "nsd": SHARE,
    "hd": DISTANCE,
    "assd": DISTANCE,
    "volume_error": DIFFERENCE,
    "absolute_volume_error": SIZE,
}
"""By a metric's name without its unit, tolerance and percentile."""


def scale_of(metric: str) -> Scale | None:
    """Look a metric up.

    Args:
        metric: Its name, such as `hd95_mm`.

    Returns:
        Its scale; None where the metric is not known.

    >>> scale_of("nsd_2mm") == scale_of("dice")
    True
    """
    stem = UNIT.sub("", metric)
    return SCALES.get("hd" if PERCENTILE.match(stem) else stem)


def is_known(metric: str) -> bool:
    """Whether it is known which values are good; of a metric that is not, more is taken as better."""
    return scale_of(metric) is not None


def lower_is_better(metric: str) -> bool:
    """Whether less is better, as of distances and errors; not so of a metric that is not known."""
    return (scale_of(metric) or SHARE).lower_is_better


def signed(metric: str) -> bool:
    """Whether the best value lies in the middle, so that values have a bias but no ranking."""
    return (scale_of(metric) or SHARE).signed


def unbounded(metric: str) -> bool:
    """Whether a missed structure has no value, and so must count as worse than any that has one."""
    return (scale_of(metric) or SHARE).unbounded


def absolute(metric: str) -> str:
    """Name the metric of a signed one's size, as `absolute_volume_error_ml`."""
    return f"absolute_{metric}"
