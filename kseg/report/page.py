"""What stands on the page: everything that was found in one HTML file, which opens without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.labels import ALL, BOTH_SIDES
from kseg.outlines import Outline
from kseg.report.answer import QUESTION, answer, enumerate_words, power_remark, verdict
from kseg.report.boxplot import draw_box_plots
from kseg.report.examples import Example, choose_examples
from kseg.report.figures import data_uri
from kseg.report.findings import anova_rows, dice_rows, equivalence_rows, unscored, verdict_rows
from kseg.report.numbers import degrees_of_freedom, mean_sd, number, p_value
from kseg.report.overlay import draw_overlay
from kseg.report.slices import read_slices
from kseg.report.study import Study
from kseg.report.volumes import draw_volumes, volume_rows


@dataclass(frozen=True)
class Overlay:
    """A patient's picture; where it could not be drawn, why."""

    example: Example
    picture: str
    problem: str


def write_report(
    path: Path,
    *,
    metrics: pd.DataFrame,
    volumes: pd.DataFrame,
    groups_table: pd.DataFrame,
    tests_table: pd.DataFrame,
    cases: pd.DataFrame,
    predictions: Path,
    groups: Sequence[str],
    confidence: float,
    run: Mapping[str, str],
    study: Study,
    window_hu: Sequence[float],
) -> None:
    """Write the page; it appears whole or not at all.

    Args:
        path: Where to.
        metrics: As in metrics.csv.
        volumes: As in volumes.csv; without rows the page says that none were measured.
        groups_table: As in groups.csv.
        tests_table: As in tests.csv.
        cases: The cohort's rows with `case_id`, `image`, `parenchyma` and `cortex`, for the pictures; a patient who
            is not there, or whose files are not, is shown without one, and the page says so.
        predictions: The folder that holds `<case_id>.nii.gz`.
        groups: In order.
        confidence: Of the intervals in `groups_table`, as 0.95.
        run: What stands in the footer: the run's name, seed, versions, commit.
        study: The publication beside which the run is read.
        window_hu: Which Hounsfield units are black and white in the pictures.
    """
    whole = metrics[metrics["side"] == BOTH_SIDES] if "side" in metrics else metrics
    measured = volumes[volumes["side"] == BOTH_SIDES] if "side" in volumes else volumes
    dice = whole[whole["metric"] == "dice"]
    rows, nobody_shows = dice_rows(groups_table, groups), unscored(groups_table)
    verdicts = verdict_rows(tests_table, rows)
    has_groups = len(rows) > 1
    dice = dice[~dice["structure"].isin(nobody_shows)]
    details = groups_table[(groups_table["metric"] == "dice") & (groups_table["n"] + groups_table["n_missing"] > 0)]
    page = environment().get_template("report.html.j2")
    html = page.render(
        run=run,
        study=study,
        question=QUESTION,
        answer=answer(rows, verdicts, nobody_shows),
        rows=rows,
        all=ALL,
        verdicts=verdicts,
        anovas=anova_rows(tests_table, rows),
        equivalences=equivalence_rows(tests_table, rows),
        remark=power_remark(rows),
        has_groups=has_groups,
        details=details[~details["structure"].isin(nobody_shows)].to_dict("records"),
        box_plots=data_uri(draw_box_plots(*_grouped(dice, groups, has_groups), "Dice")) if len(dice) else "",
        volumes=volume_rows(measured),
        volume_plot=data_uri(draw_volumes(measured, groups if has_groups else ())) if volume_rows(measured) else "",
        overlays=[_draw(example, cases, predictions, window_hu) for example in choose_examples(whole)],
        window_hu=window_hu,
        confidence=confidence,
    )
    write_atomically(path, html.encode())


def _grouped(dice: pd.DataFrame, groups: Sequence[str], has_groups: bool) -> tuple[pd.DataFrame, Sequence[str]]:
    return (dice, groups) if has_groups else (dice.assign(group=ALL), (ALL,))


def environment() -> Environment:
    """How a page is filled: everything escaped, nothing left out unnoticed, numbers by `kseg.report.numbers`."""
    environment = Environment(
        loader=PackageLoader("kseg.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = (number, mean_sd, p_value, degrees_of_freedom, verdict, enumerate_words)
    environment.filters |= {word.__name__: word for word in words}
    return environment


def _draw(example: Example, cases: pd.DataFrame, predictions: Path, window_hu: Sequence[float]) -> Overlay:
    rows = cases[cases["case_id"] == example.case_id] if "case_id" in cases else cases
    if not len(rows):
        return Overlay(example, "", "the cohort does not hold this patient")
    row = rows.iloc[0][["image", "parenchyma", "cortex"]].fillna("")
    image, parenchyma, cortex = (str(row[column]) for column in ("image", "parenchyma", "cortex"))
    try:
        slices = read_slices(
            Path(image),
            Outline.parse(parenchyma),
            Outline.parse(cortex) if cortex else None,
            predictions / f"{example.case_id}.nii.gz",
        )
    except InputError as error:
        return Overlay(example, "", str(error))
    return Overlay(example, data_uri(draw_overlay(slices, window_hu)), "")
