"""How do the settings stand in every group: a row a setting, a mark a group, the interval of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.labels import ALL
from kseg.report.figures import COLOURS, MARKERS, WIDTH_INCHES, house_style

ROW_INCHES = 0.24
LINE_INCHES = 0.18
AROUND_INCHES = 1.35
"""Of the titles, the axis and the legend."""
LETTERS_A_LINE = 26
"""A longer name goes on in the next line, so that there is room for the panels."""


def draw_settings(ranking: pd.DataFrame, groups: Sequence[str], names: Mapping[str, str]) -> Figure:
    """Draw one panel a structure.

    Args:
        ranking: Of one metric: structure, group, setting, mean, rank, ci_low and ci_high.
        groups: In order; those without a mean are left out.
        names: How a setting is called, in the order from top to bottom.

    Returns:
        The figure.
    """
    structures = list(dict.fromkeys(ranking["structure"]))
    marked = [group for group in groups if ranking.loc[ranking["group"] == group, "mean"].notna().any()]
    with house_style():
        labels = [_in_lines(name) for name in names.values()]
        row = ROW_INCHES + LINE_INCHES * max(label.count("\n") + 1 for label in labels)
        figure = Figure(figsize=(WIDTH_INCHES, row * len(names) + AROUND_INCHES), layout="constrained")
        panels = figure.subplots(1, len(structures), squeeze=False, sharey=True).ravel()
        for panel, structure in zip(panels, structures, strict=True):
            _draw_panel(panel, ranking[ranking["structure"] == structure], marked, list(names))
            panel.set_title(structure)
            panel.set_xlabel("mean Dice")
        panels[0].set_yticks(range(len(names)), labels)
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        handles, marks = panels[0].get_legend_handles_labels()
        figure.legend(handles, marks, loc="outside lower center", ncols=len(marks), frameon=False)
    return figure


def _draw_panel(panel: Axes, ranking: pd.DataFrame, groups: Sequence[str], settings: list[str]) -> None:
    rows = ranking.set_index(["group", "setting"])
    offsets = np.linspace(-0.18, 0.18, len(groups)) if len(groups) > 1 else np.zeros(len(groups))
    places = np.arange(len(settings))
    everyone = rows.loc[ALL].reindex(settings)
    for place, low, high in zip(places, everyone["ci_low"], everyone["ci_high"], strict=True):
        panel.plot([low, high], [place, place], color="#BBBBBB", linewidth=5, solid_capstyle="butt", zorder=1)
    panel.scatter(everyone["mean"], places, marker="|", s=170, color="#222222", linewidths=2, zorder=2, label=ALL)
    for group, colour, marker, offset in zip(groups, _cycled(COLOURS), _cycled(MARKERS), offsets, strict=False):
        means = rows.loc[group].reindex(settings)["mean"]
        panel.scatter(
            *(means, places + offset), s=34, color=colour, marker=marker, edgecolors="white", linewidths=0.5, zorder=3,
            label=group,
        )  # fmt: skip
    panel.grid(visible=False, axis="y")


def _in_lines(name: str) -> str:
    parts = [wrap(part, LETTERS_A_LINE) or [""] for part in name.split(", ")]
    return ",\n".join("\n".join(lines) for lines in parts) if len(name) > LETTERS_A_LINE else name


def _cycled(things: Sequence[str]) -> list[str]:
    return [*things] * 8
