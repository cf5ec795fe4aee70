"""How far do predicted volumes lie from outlined ones, small and large: the plot and limits of Bland and Altman."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.report.figures import WIDTH_INCHES, house_style
from kseg.report.numbers import interval, number, p_value, percent
from kseg.report.printed import Line, Printed
from kseg.report.scatter import draw_legend, draw_points

AGREEMENT = ("bland_altman", "icc", "ccc")
"""The tests of tests.csv that hold predicted against outlined volumes."""

LINES = {"bias": "-", "lower limit": "--", "upper limit": "--"}
INK, BAND = "#333333", "#DDDDDD"


def draw_bland_altman(volumes: pd.DataFrame, tests_table: pd.DataFrame, groups: Sequence[str]) -> Figure:
    """Draw the error against the mean of both volumes, a panel a structure, with bias and limits as they were tested.

    Args:
        volumes: As in volumes.csv, a row a patient and structure; a structure without a pair of volumes is left out.
        tests_table: As in tests.csv; where it has no row of a line, that line is not drawn.
        groups: In the order of the legend.

    Returns:
        The figure.
    """
    known = volumes.dropna(subset=["reference_ml", "predicted_ml"])
    known = known.assign(
        mean_ml=(known["reference_ml"] + known["predicted_ml"]) / 2,
        error_ml=known["predicted_ml"] - known["reference_ml"],
    )
    structures = list(dict.fromkeys(known["structure"]))
    with house_style():
        figure = Figure(figsize=(WIDTH_INCHES, 3.7), layout="constrained")
        panels = figure.subplots(1, len(structures), squeeze=False).ravel()
        for panel, structure in zip(panels, structures, strict=True):
            _draw_lines(panel, _rows(tests_table, "bland_altman", structure))
            draw_points(panel, known[known["structure"] == structure], "mean_ml", "error_ml", groups)
            panel.set(xlabel="mean of both, ml", title=structure)
        panels[0].set_ylabel("predicted \N{MINUS SIGN} outlined, ml")
        draw_legend(figure, panels.tolist())
    return figure


def agreement_table(tests_table: pd.DataFrame, *, alpha: float, confidence: float) -> Printed | None:
    """Lay out the tests of agreement.

    Args:
        tests_table: As in tests.csv.
        alpha: Level of the tests.
        confidence: Of the intervals.

    Returns:
        The table; None where nothing of the kind was tested.
    """
    tested = tests_table[tests_table["test"].isin(AGREEMENT)]
    structures = list(dict.fromkeys(tested["structure"]))
    if not structures:
        return None
    lines = [_line(tested, structure, alpha) for structure in structures]
    return Printed(
        "agreement",
        f"Agreement of predicted with outlined volumes, with {percent(confidence)} intervals",
        [
            "structure",
            "n",
            "bias, ml",
            "lower limit, ml",
            "upper limit, ml",
            "slope",
            "its p",
            "ICC(A,1)",
            "concordance",
            "remark",
        ],
        "lrrrrrrrrw",
        lines,
        dense=True,
    )


def _line(tested: pd.DataFrame, structure: str, alpha: float) -> Line:
    altman = _rows(tested, "bland_altman", structure)
    single = [row for test in ("icc", "ccc") for row in list(_rows(tested, test, structure).values())[:1]]
    of = {str(row["test"]): row for row in single}
    slope = altman.get("proportional bias")
    notes = dict.fromkeys(str(row["note"]) for row in [*altman.values(), *single] if row["note"])
    return Line(
        [
            *(structure, str(max(int(row["n"]) for row in [*altman.values(), *single]))),
            *(_estimate(altman.get(name), 1) for name in LINES),
            _estimate(slope, 2),
            p_value(slope["p"] if slope else math.nan, alpha),
            *(_estimate(of.get(test), 3) for test in ("icc", "ccc")),
            "; ".join(notes),
        ]
    )


def _estimate(row: dict[str, Any] | None, digits: int) -> str:
    if row is None:
        return "not tested"
    bounds = "" if math.isnan(row["ci_low"]) else f" ({interval(row['ci_low'], row['ci_high'], digits)})"
    return number(row["effect"], digits) + bounds


def _rows(tests_table: pd.DataFrame, test: str, structure: str) -> dict[str, dict[str, Any]]:
    own = tests_table[(tests_table["test"] == test) & (tests_table["structure"] == structure)]
    return {str(row["contrast"]): {str(k): v for k, v in row.items()} for row in own.to_dict("records")}


def _draw_lines(panel: Axes, rows: dict[str, dict[str, Any]]) -> None:
    panel.axhline(0, color="#999999", linewidth=0.8, linestyle=":")
    for name, style in LINES.items():
        row = rows.get(name)
        if row is None or math.isnan(row["effect"]):
            continue
        if np.isfinite([row["ci_low"], row["ci_high"]]).all():
            panel.axhspan(row["ci_low"], row["ci_high"], color=BAND, linewidth=0, zorder=0)
        label = "bias" if name == "bias" else "limits of agreement"
        panel.axhline(row["effect"], color=INK, linewidth=1.3, linestyle=style, label=label)
