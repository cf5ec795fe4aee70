"""What is kept of a sound case once it was read: its fingerprint and a picture of its outlines."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.cases.overview.fingerprint import Fingerprint, take_fingerprint
from kseg.images import Volume
from kseg.report.figures import house_style
from kseg.report.overlay import draw_outlines
from kseg.report.slices import framed_slice

WIDTH_INCHES = 4.8
DPI = 120
JPEG: Any = {"quality": 70, "subsampling": 0, "optimize": True}
"""Some 30 kB a picture, so that a page of 500 opens; colours as sharp as the lines that they draw."""

DRAWING = Lock()
"""Cases are read by several threads, and matplotlib's style is one for all of them."""


@dataclass(frozen=True)
class Look:
    """A case at a glance.

    Args:
        fingerprint: What was measured.
        picture: A JPEG as a data URI: one slice with its outlines.
    """

    fingerprint: Fingerprint
    picture: str


def look_at(ct: Volume, label_map: NDArray[np.uint8], *, window_hu: Sequence[float]) -> Look:
    """Measure a case and draw it.

    Args:
        ct: In Hounsfield units.
        label_map: Of the outlines, on the CT's grid; some parenchyma is drawn.
        window_hu: What is black and what is white.

    Returns:
        What is kept of it.
    """
    fingerprint, shown = take_fingerprint(ct, label_map), framed_slice(ct, label_map)
    drawn = io.BytesIO()
    with DRAWING, house_style():
        figure = draw_outlines(shown, window_hu, width_inches=WIDTH_INCHES)
        figure.savefig(drawn, format="jpeg", dpi=DPI, pil_kwargs=JPEG)
    return Look(fingerprint, "data:image/jpeg;base64," + base64.b64encode(drawn.getvalue()).decode("ascii"))
