"""How patients stand as points in a figure, their groups apart by colour and by mark."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.report.figures import COLOURS, MARKERS

NO_GROUP = "no group"


def draw_points(panel: Axes, table: pd.DataFrame, x: str, y: str, groups: Sequence[str]) -> None:
    """Draw a point a patient.

    Args:
        panel: Where.
        table: A row a patient with `group` and both columns; a row that lacks one of the two is not drawn.
        x: The column along the horizontal axis.
        y: The column along the vertical axis.
        groups: In the order of the legend; patients in none of them are drawn as `NO_GROUP`.
    """
    named = table["group"].where(table["group"].isin(list(groups)), NO_GROUP)
    for place, group in enumerate([*groups, *({NO_GROUP} & set(named))]):
        points = table[named == group]
        panel.scatter(
            points[x],
            points[y],
            s=30,
            color=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
            edgecolors="white",
            linewidths=0.6,
            label=group,
            zorder=3,
        )


def draw_legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Draw one legend under all panels: what any of them shows, once.

    Args:
        figure: Whose panels they are.
        panels: Those that may have something to explain.
    """
    found = {name: handle for panel in panels for handle, name in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(
        list(found.values()), list(found), loc="outside lower center", ncols=min(6, max(1, len(found))), frameon=False
    )
