"""How do the patients' scores spread in every group: a box plot with every patient as a point."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.report.figures import COLOURS, WIDTH_INCHES, house_style

PANELS_A_ROW = 3
BOX_NEEDS = 3
"""Fewer patients are shown as points alone."""
LETTERS_A_PANEL = 34
"""Longer labels under one panel would touch each other, and are turned."""


def draw_box_plots(scores: pd.DataFrame, groups: Sequence[str], label: str) -> Figure:
    """Draw one panel a structure.

    Args:
        scores: One metric, a row a patient and structure, with `group`, `structure` and `value`.
        groups: From left to right.
        label: Of the vertical axes.

    Returns:
        The figure.
    """
    structures = list(dict.fromkeys(scores["structure"]))
    columns = min(PANELS_A_ROW, len(structures))
    rows = math.ceil(len(structures) / columns)
    with house_style():
        figure = Figure(figsize=(WIDTH_INCHES, 3.5 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel, structure in zip(panels, structures, strict=False):
            _draw_panel(panel, scores[scores["structure"] == structure], groups)
            panel.set_title(structure)
        for panel in panels[len(structures) :]:
            panel.set_axis_off()
        panels[0].set_ylabel(label)
    return figure


def _draw_panel(panel: Axes, scores: pd.DataFrame, groups: Sequence[str]) -> None:
    values = [scores.loc[scores["group"] == group, "value"].dropna().to_numpy(float) for group in groups]
    for place, points in enumerate(values):
        if len(points) >= BOX_NEEDS:
            _draw_box(panel, points, place)
        spread = np.linspace(-0.2, 0.2, len(points)) if len(points) > 1 else np.zeros(len(points))
        panel.scatter(place + spread, points, s=22, color=COLOURS[0], edgecolors="white", linewidths=0.6, zorder=3)
    labels = [f"{group}\nn = {len(points)}" for group, points in zip(groups, values, strict=True)]
    turned = sum(max(len(line) for line in text.split("\n")) + 1 for text in labels) > LETTERS_A_PANEL
    panel.set_xticks(range(len(groups)), labels, rotation=35 if turned else 0, ha="right" if turned else "center")
    panel.set_xlim(-0.6, len(groups) - 0.4)
    panel.grid(visible=False, axis="x")


def _draw_box(panel: Axes, points: np.ndarray, place: int) -> None:
    panel.boxplot(
        points,
        positions=[place],
        widths=0.62,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": "#EFEFEF", "edgecolor": "#555555"},
        medianprops={"color": "#222222", "linewidth": 1.8},
        whiskerprops={"color": "#555555"},
        capprops={"color": "#555555"},
    )
