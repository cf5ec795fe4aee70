"""How large are the structures in the predictions, against the outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.report.figures import COLOURS, MARKERS, WIDTH_INCHES, house_style

NO_GROUP = "no group"


@dataclass(frozen=True)
class VolumeRow:
    """The mean volumes of one structure over the patients whose outlines show it.

    Args:
        structure: Its name.
        n: Patients.
        reference_ml: In the outlines.
        predicted_ml: In the predictions.
        error_ml: Predicted minus outlined.
        error_ml_sd: Its SD between patients.
        error_percent: Of the outlined volume; patients whose outline is empty do not enter.
        error_percent_sd: Its SD between patients.
    """

    structure: str
    n: int
    reference_ml: float
    predicted_ml: float
    error_ml: float
    error_ml_sd: float
    error_percent: float
    error_percent_sd: float


def volume_rows(volumes: pd.DataFrame) -> list[VolumeRow]:
    """Average the volumes of every structure.

    Args:
        volumes: As in volumes.csv, one row a patient and structure.

    Returns:
        A row a structure, in the table's order.
    """
    rows = []
    for structure, measured in volumes.dropna(subset=["reference_ml", "predicted_ml"]).groupby("structure", sort=False):
        error_ml = measured["predicted_ml"] - measured["reference_ml"]
        error_percent = 100 * error_ml / measured["reference_ml"].where(measured["reference_ml"] > 0)
        rows.append(
            VolumeRow(
                str(structure),
                len(measured),
                float(measured["reference_ml"].mean()),
                float(measured["predicted_ml"].mean()),
                float(error_ml.mean()),
                float(error_ml.std()),
                float(error_percent.mean()),
                float(error_percent.std()),
            )
        )
    return rows


def draw_volumes(volumes: pd.DataFrame, groups: Sequence[str]) -> Figure:
    """Draw predicted against outlined volumes, one panel a structure that both show in somebody.

    Args:
        volumes: As in volumes.csv, one row a patient and structure.
        groups: In the order of the legend.

    Returns:
        The figure.
    """
    structures = [row.structure for row in volume_rows(volumes)]
    with house_style():
        figure = Figure(figsize=(WIDTH_INCHES, 3.9), layout="constrained")
        panels = figure.subplots(1, len(structures), squeeze=False).ravel()
        for panel, structure in zip(panels, structures, strict=True):
            _draw_panel(panel, volumes[volumes["structure"] == structure], groups)
            panel.set_title(structure)
        panels[0].set_ylabel("predicted, ml")
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    return figure


def _draw_panel(panel: Axes, volumes: pd.DataFrame, groups: Sequence[str]) -> None:
    top = max(1.0, 1.06 * float(np.nanmax(volumes[["reference_ml", "predicted_ml"]].to_numpy(float), initial=0)))
    panel.plot([0, top], [0, top], color="#888888", linewidth=1, linestyle="--", label="equal volumes")
    named = volumes["group"].where(volumes["group"].isin(list(groups)), NO_GROUP)
    for place, group in enumerate([*groups, *({NO_GROUP} & set(named))]):
        points = volumes[named == group]
        colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        panel.scatter(
            points["reference_ml"],
            points["predicted_ml"],
            s=30,
            color=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.6,
            label=group,
            zorder=3,
        )
    panel.set(xlim=(0, top), ylim=(0, top), aspect="equal", xlabel="outlined, ml")
