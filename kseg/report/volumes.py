"""How large are the structures in the predictions, against the outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.report.figures import WIDTH_INCHES, house_style
from kseg.report.numbers import mean_sd, number
from kseg.report.printed import Line, Printed
from kseg.report.scatter import draw_legend, draw_points


@dataclass(frozen=True)
class VolumeRow:
    """The mean volumes of one structure over the patients whose outlines show it.

    Args:
        structure: Its name.
        n: Patients.
        n_missing: Patients who lack one of the two volumes.
        reference_ml: In the outlines.
        predicted_ml: In the predictions.
        error_ml: Predicted minus outlined.
        error_ml_sd: Its SD between patients.
        error_percent: Of the outlined volume; patients whose outline is empty do not enter.
        error_percent_sd: Its SD between patients.
        absolute_percent: The mean of the same without its sign.
    """

    structure: str
    n: int
    n_missing: int
    reference_ml: float
    predicted_ml: float
    error_ml: float
    error_ml_sd: float
    error_percent: float
    error_percent_sd: float
    absolute_percent: float


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
                int((volumes["structure"] == structure).sum()) - len(measured),
                float(measured["reference_ml"].mean()),
                float(measured["predicted_ml"].mean()),
                float(error_ml.mean()),
                float(error_ml.std()),
                float(error_percent.mean()),
                float(error_percent.std()),
                float(error_percent.abs().mean()),
            )
        )
    return rows


def volume_table(rows: Sequence[VolumeRow]) -> Printed:
    """Lay out the mean volumes and errors.

    Args:
        rows: A row a structure.

    Returns:
        The table.
    """
    head = ["structure", "n", "missing", "outlined, ml", "predicted, ml", "error, ml", "error, %", "absolute error, %"]
    return Printed(
        "volumes",
        "Volumes of both kidneys together, means over patients; errors are predicted minus outlined, ± SD",
        head,
        "lrrrrrrr",
        [
            Line(
                [
                    *(row.structure, str(row.n), str(row.n_missing)),
                    *(number(row.reference_ml, 1), number(row.predicted_ml, 1)),
                    *(mean_sd(row.error_ml, row.error_ml_sd, 1), mean_sd(row.error_percent, row.error_percent_sd, 1)),
                    number(row.absolute_percent, 1),
                ]
            )
            for row in rows
        ],
        dense=True,
    )


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
        draw_legend(figure, panels.tolist())
    return figure


def _draw_panel(panel: Axes, volumes: pd.DataFrame, groups: Sequence[str]) -> None:
    top = max(1.0, 1.06 * float(np.nanmax(volumes[["reference_ml", "predicted_ml"]].to_numpy(float), initial=0)))
    panel.plot([0, top], [0, top], color="#888888", linewidth=1, linestyle="--", label="equal volumes")
    draw_points(panel, volumes, "reference_ml", "predicted_ml", groups)
    panel.set(xlim=(0, top), ylim=(0, top), aspect="equal", xlabel="outlined, ml")
