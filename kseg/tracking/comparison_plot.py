"""How do several settings stand beside one another: a point each, with the interval of its mean."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from kseg.labels import ALL, OUTLINED
from kseg.report.figures import COLOURS, WIDTH_INCHES, house_style
from kseg.report.runs_table import shortened


def draw_ranking(ranking: pd.DataFrame) -> Figure:
    """Draw the Dice of every setting over all patients, the best on top.

    Args:
        ranking: From `kseg.stats.ranking.rank_settings`.

    Returns:
        A panel for each outlined structure.
    """
    dice = ranking[(ranking["metric"] == "dice") & (ranking["group"] == ALL) & (ranking["n"] > 0)]
    settings = list(dict.fromkeys(map(str, dice["setting"])))
    title, short = shortened(settings)
    names = dict(zip(settings, short, strict=True))
    shown = [structure for structure in OUTLINED if (dice["structure"] == structure).any()]
    with house_style():
        rows = dice["setting"].nunique()
        figure = Figure(figsize=(WIDTH_INCHES, 1.2 + 0.45 * rows), layout="constrained")
        panels = figure.subplots(1, max(1, len(shown)), squeeze=False).ravel()
        for panel, structure in zip(panels, shown, strict=False):
            ranked = dice[dice["structure"] == structure].sort_values("rank", ascending=False, kind="stable")
            places = range(len(ranked))
            panel.hlines(places, ranked["ci_low"], ranked["ci_high"], color=COLOURS[0], linewidth=2)
            panel.scatter(ranked["mean"], places, color=COLOURS[0], s=36, zorder=3)
            panel.set_yticks(places, [names[str(name)] for name in ranked["setting"]])
            panel.set(title=structure, xlabel="mean Dice", ylim=(-0.7, len(ranked) - 0.3))
        panels[0].set_ylabel(title)
    return figure
