"""What does an outline look like on the CT, alone or beside a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from kseg.labels import structure_mask
from kseg.report.figures import WIDTH_INCHES, house_style
from kseg.report.slices import Slice

DRAWN = ("parenchyma", "cortex")
SCALE_BAR_MM = 50
HALO: Any = [withStroke(linewidth=2.5, foreground="black")]
"""White on bone is read by its dark rim."""


@dataclass(frozen=True)
class Pen:
    """How one of two contours is drawn: apart by colour, and on grey paper by its dashes or its width."""

    label: str
    colour: str
    dashes: Literal["solid"] | tuple[float, tuple[float, ...]]
    width: float


REFERENCE = Pen("outline (reference)", "#56B4E9", "solid", width=2.4)
PREDICTED = Pen("prediction", "#F5A300", (0, (4, 3)), width=1.2)
OUTLINES = (Pen("parenchyma", "#56B4E9", "solid", width=2.8), Pen("cortex", "#F5A300", "solid", width=1.0))
"""The cortex is drawn upon the parenchyma, narrower: where they run together both are seen."""


def draw_overlay(slices: Sequence[Slice], window_hu: Sequence[float]) -> Figure:
    """Draw both contours on the slices of one case: a row a structure, a column a slice, all at one scale.

    Args:
        slices: From `read_slices`.
        window_hu: What is black and what is white.

    Returns:
        The figure.
    """
    sizes = [_size_mm(shown) for shown in slices]
    inches_a_mm = WIDTH_INCHES / sum(width for _, width in sizes)
    height = inches_a_mm * max(height for height, _ in sizes)
    with house_style():
        figure = Figure(figsize=(WIDTH_INCHES, len(DRAWN) * (height + 0.25) + 0.35))
        figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0))
        grid = {"width_ratios": [width for _, width in sizes]}
        panels = figure.subplots(len(DRAWN), len(slices), squeeze=False, gridspec_kw=grid)
        for row, structure in zip(panels, DRAWN, strict=True):
            for panel, shown in zip(row, slices, strict=True):
                _draw_panel(panel, shown, structure, window_hu)
                panel.set_title(f"{shown.plane}, {structure}", fontsize=9, fontweight="normal", loc="left", pad=3)
        figure.legend(handles=_legend((REFERENCE, PREDICTED)), loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_outlines(shown: Slice, window_hu: Sequence[float], *, width_inches: float) -> Figure:
    """Draw what was outlined on one slice, in the colours of `OUTLINES`.

    Args:
        shown: From `framed_slice`.
        window_hu: What is black and what is white.
        width_inches: Of the figure, which the slice fills.

    Returns:
        The figure.
    """
    height, width = _size_mm(shown)
    with house_style():
        figure = Figure(figsize=(width_inches, width_inches * height / width))
        panel = figure.add_axes((0, 0, 1, 1))
        _draw_ct(panel, shown, window_hu)
        for pen in OUTLINES:
            _draw_contour(panel, structure_mask(shown.reference, pen.label), shown, pen)
        _mark(panel, shown)
    return figure


def draw_planes(slices: Sequence[Slice], window_hu: Sequence[float]) -> Figure:
    """Draw what was outlined on several slices, side by side at one scale, in the colours of `OUTLINES`.

    Args:
        slices: From `planes_of`.
        window_hu: What is black and what is white.

    Returns:
        The figure, without any name.
    """
    sizes = [_size_mm(shown) for shown in slices]
    height = WIDTH_INCHES / sum(width for _, width in sizes) * max(height for height, _ in sizes)
    with house_style():
        figure = Figure(figsize=(WIDTH_INCHES, height + 0.6))
        figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0))
        panels = figure.subplots(1, len(slices), gridspec_kw={"width_ratios": [width for _, width in sizes]})
        for panel, shown in zip(panels, slices, strict=True):
            _draw_ct(panel, shown, window_hu)
            for pen in OUTLINES:
                _draw_contour(panel, structure_mask(shown.reference, pen.label), shown, pen)
            _mark(panel, shown)
            panel.set_title(shown.plane, fontsize=9, fontweight="normal", loc="left", pad=3)
        figure.legend(handles=_legend(OUTLINES), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw_panel(panel: Axes, shown: Slice, structure: str, window_hu: Sequence[float]) -> None:
    _draw_ct(panel, shown, window_hu)
    _draw_contour(panel, structure_mask(shown.reference, structure), shown, REFERENCE)
    if shown.predicted is not None:
        _draw_contour(panel, structure_mask(shown.predicted, structure), shown, PREDICTED)
    _mark(panel, shown)


def _draw_ct(panel: Axes, shown: Slice, window_hu: Sequence[float]) -> None:
    height, width = _size_mm(shown)
    low, high = window_hu
    panel.imshow(
        shown.hu,
        cmap="gray",
        vmin=low,
        vmax=high,
        extent=(0, width, height, 0),
        interpolation="bilinear",
        aspect="equal",
    )
    panel.set(xlim=(0, width), ylim=(height, 0), anchor="N")
    panel.set_axis_off()


def _mark(panel: Axes, shown: Slice) -> None:
    height, _ = _size_mm(shown)
    edge: Any = {
        "color": "white",
        "path_effects": HALO,
        "transform": panel.transAxes,
        "va": "center",
        "fontweight": "bold",
    }
    left, right = shown.edges
    panel.text(0.015, 0.5, left, ha="left", **edge)
    panel.text(0.985, 0.5, right, ha="right", **edge)
    _draw_scale_bar(panel, height)


def _draw_contour(panel: Axes, mask: NDArray[np.bool_], shown: Slice, pen: Pen) -> None:
    if not mask.any():
        return
    row_mm, column_mm = shown.spacing_mm
    framed = np.pad(mask, 1).astype(float)  # so that what touches the picture's edge is closed
    rows = (np.arange(framed.shape[0]) - 0.5) * row_mm
    columns = (np.arange(framed.shape[1]) - 0.5) * column_mm
    panel.contour(columns, rows, framed, levels=[0.5], colors=pen.colour, linestyles=[pen.dashes], linewidths=pen.width)


def _draw_scale_bar(panel: Axes, height: float) -> None:
    left, bottom = 6, height - 6
    bar: Any = {"color": "white", "path_effects": HALO}
    panel.plot([left, left + SCALE_BAR_MM], [bottom, bottom], linewidth=2, solid_capstyle="butt", **bar)
    panel.text(left, bottom - 4, f"{SCALE_BAR_MM // 10} cm", fontsize=8, va="bottom", **bar)


def _size_mm(shown: Slice) -> tuple[float, float]:
    rows, columns = shown.hu.shape
    row_mm, column_mm = shown.spacing_mm
    return rows * row_mm, columns * column_mm


def _legend(pens: Sequence[Pen]) -> list[Line2D]:
    return [
        Line2D([], [], color=pen.colour, linestyle=pen.dashes, linewidth=pen.width, label=pen.label) for pen in pens
    ]
