"""Do the volumes follow the kidney function, in the outlines and in the predictions alike?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from kseg.report.figures import WIDTH_INCHES, house_style
from kseg.report.numbers import interval, number, p_value, percent
from kseg.report.printed import Line, Printed
from kseg.report.scatter import draw_legend, draw_points

SOURCES = {"outlined": "reference_ml", "predicted": "predicted_ml"}
"""How tests.csv and a reader call what volumes.csv holds."""

FRACTION = "cortical fraction"
EGFR = "eGFR, mL/min/1.73 m²"


def volumes_with_fraction(volumes: pd.DataFrame, fractions: pd.DataFrame) -> pd.DataFrame:
    """Add the share of the parenchyma that is cortex, as a structure of its own.

    Args:
        volumes: As in volumes.csv, a row a patient and structure, with `egfr`.
        fractions: The same columns, a row a patient, with the shares where the volumes stand.

    Returns:
        The volumes, then the rows of `FRACTION`, whose unit is percent.
    """
    percents = {column: 100 * fractions[column] for column in SOURCES.values()}
    return pd.concat([volumes, fractions.assign(structure=FRACTION, **percents)], ignore_index=True)


def has_pairs(volumes: pd.DataFrame) -> bool:
    """Whether some patient has a volume and an eGFR."""
    return bool((volumes["egfr"].notna() & volumes[list(SOURCES.values())].notna().any(axis=1)).any())


def draw_against_egfr(volumes: pd.DataFrame, groups: Sequence[str]) -> Figure:
    """Draw every structure's volume against eGFR: outlined above, predicted below, at one scale.

    Args:
        volumes: From `volumes_with_fraction`, with some patient that `has_pairs`.
        groups: In the order of the legend.

    Returns:
        The figure.
    """
    known = volumes.dropna(subset=["egfr"])
    measured = known[list(SOURCES.values())].notna().any(axis=1)
    structures = list(dict.fromkeys(known[measured]["structure"]))
    with house_style():
        figure = Figure(figsize=(WIDTH_INCHES, 5.2), layout="constrained")
        panels = figure.subplots(len(SOURCES), len(structures), squeeze=False, sharex=True, sharey="col")
        for row, (source, column) in zip(panels, SOURCES.items(), strict=True):
            for panel, structure in zip(row, structures, strict=True):
                draw_points(panel, known[known["structure"] == structure], "egfr", column, groups)
            row[0].set_ylabel(f"{source}, ml")
        for top, bottom, structure in zip(panels[0], panels[-1], structures, strict=True):
            top.set_title(f"{structure}, %" if structure == FRACTION else structure)
            bottom.set_xlabel(EGFR, fontsize=9)
        draw_legend(figure, panels.ravel().tolist())
    return figure


def is_of_volumes(row: Mapping[Any, Any]) -> bool:
    """Whether a row of tests.csv correlates volumes with eGFR."""
    return row["contrast"] in SOURCES


def correlation_table(tests_table: pd.DataFrame, *, alpha: float, confidence: float) -> Printed | None:
    """Lay out the correlations of volumes with eGFR.

    Args:
        tests_table: As in tests.csv.
        alpha: Level of the tests.
        confidence: Of the intervals.

    Returns:
        A row a structure and test, outlines and predictions side by side; None where nothing of the kind was tested.
    """
    rows = [row for row in tests_table.to_dict("records") if is_of_volumes(row)]
    if not rows:
        return None
    found = {(row["test"], row["structure"], row["metric"], row["contrast"]): row for row in rows}
    keys = dict.fromkeys((test, structure, metric) for test, structure, metric, _ in found)
    return Printed(
        "egfr",
        f"Correlation of volumes with eGFR, with {percent(confidence)} intervals",
        ["structure", "test", "n", *(f"{source}{what}" for source in SOURCES for what in ("", ", p (Holm)")), "remark"],
        "llrrrrrw",
        [_line(key, [found.get((*key, source)) for source in SOURCES], alpha) for key in keys],
        dense=True,
    )


def _line(key: tuple[str, str, str], pair: Sequence[Mapping[Any, Any] | None], alpha: float) -> Line:
    test, structure, metric = key
    there = [row for row in pair if row is not None]
    measured = metric.replace("_", " ")
    name = {"volume ml": structure, FRACTION: FRACTION}.get(measured, f"{structure}, {measured}")
    notes = dict.fromkeys(f"{row['contrast']}: {row['note']}" for row in there if row["note"])
    counts = dict.fromkeys(str(int(row["n"])) for row in there)
    return Line(
        [
            name,
            test.capitalize(),
            " / ".join(counts),
            *[cell for row in pair for cell in _cells(row, alpha)],
            "; ".join(notes),
        ]
    )


def _cells(row: Mapping[Any, Any] | None, alpha: float) -> tuple[str, str]:
    if row is None:
        return "not tested", "not tested"
    bounds = interval(row["ci_low"], row["ci_high"], 2)
    effect = number(row["effect"], 2)
    return (f"{effect} ({bounds})" if any(map(str.isdigit, bounds)) else effect), p_value(row["p_holm"], alpha)
