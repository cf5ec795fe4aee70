"""How every figure looks, and how it gets into the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
"""Okabe and Ito's, which the colour-blind tell apart; without their yellow, which paper swallows."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""So that groups stay apart without any colour."""

WIDTH_INCHES = 10.0
PICTURE_DPI = 160
"""Of pictures of CTs; sharp on paper at the page's width."""

PNG_DPI = 110
"""Of pictures beside label maps, to check them by eye on a screen."""

PICTURE: Any = {"quality": 82, "subsampling": 0, "optimize": True}
"""Of JPEG: thin coloured contours need their colour at full resolution; a case takes about 200 kB."""

STYLE: Any = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.7,
    "text.parse_math": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "kseg",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside it, and every figure looks alike."""
    with mpl.rc_context(STYLE):
        yield


def data_uri(figure: Figure) -> str:
    """Turn a figure into an image that needs no file beside the page.

    Args:
        figure: Drawn in `house_style`.

    Returns:
        An SVG as a data URI; the same figure always gives the same text.
    """
    return _uri(figure, "svg+xml", format="svg", metadata={"Date": None, "Creator": None})


def picture_uri(figure: Figure) -> str:
    """Turn a figure with a CT into an image that needs no file beside the page, and is small.

    Args:
        figure: Drawn in `house_style`.

    Returns:
        A JPEG as a data URI; the same figure always gives the same text.
    """
    return _uri(figure, "jpeg", format="jpeg", dpi=PICTURE_DPI, pil_kwargs=PICTURE)


def picture_png(figure: Figure) -> bytes:
    """Turn a figure with a CT into a file to look at, a few hundred kB.

    Args:
        figure: Drawn in `house_style`.

    Returns:
        A PNG's content, without a date; the same figure always gives the same bytes.
    """
    return _drawn(figure, format="png", dpi=PNG_DPI, metadata={"Software": None})


def _uri(figure: Figure, kind: str, **how: Any) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(_drawn(figure, **how)).decode('ascii')}"


def _drawn(figure: Figure, **how: Any) -> bytes:
    drawn = io.BytesIO()
    with house_style():
        figure.savefig(drawn, **how)
    return drawn.getvalue()
