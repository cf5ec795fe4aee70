"""What is told of a finished run: values to sort by, tables, box plots, the best, the median and the worst patients."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import wandb
from matplotlib.figure import Figure
from PIL import Image

from kseg.clinical.cohort import Case, cases_of
from kseg.clinical.groups import NO_GROUP
from kseg.labels import ALL
from kseg.report.boxplot import draw_box_plots
from kseg.report.examples import Example, choose_examples
from kseg.report.slices import read_slices
from kseg.report.tables import read_table
from kseg.runs.config import Config
from kseg.runs.folder import RunFolder
from kseg.scales import lower_is_better
from kseg.tracking.artifacts import table_of
from kseg.tracking.guard import FILES, PICTURES, RESULTS
from kseg.tracking.pictures import picture
from kseg.tracking.redaction import Redaction
from kseg.tracking.wandb_run import WandbRun

VERDICT_TEST = "welch_anova"
"""On which the verdict rests."""

PLOT_DPI = 100

WORST, WORST_NAME = "worst_group", "worst_group_name"


def tell_results(told: WandbRun, run: RunFolder, config: Config, cohort: pd.DataFrame) -> None:
    """Tell W&B what a run's tables hold, and show patients, unless the logger's `pictures_every` is 0.

    Args:
        told: The run in W&B.
        run: The folder with metrics.csv, groups.csv, tests.csv and, where there is one, volumes.csv.
        config: The run's.
        cohort: Its cases.
    """
    files = {"metrics": run.metrics, "groups": run.groups, "tests": run.tests, "volumes": run.volumes}
    tables = told.guard.call(lambda: {name: read_table(file) for name, file in files.items() if file.is_file()}, FILES)
    if not tables or not {"metrics", "groups", "tests"} <= set(tables):
        return
    tell_tables(told, tables)
    told.guard.call(lambda: told.summarize(summary_of(tables["groups"], tables["tests"])), RESULTS)
    whole = _whole(tables["metrics"])
    plot = told.guard.call(lambda: _box_plots(whole, list(config["cohort"]["cut_points"])), PICTURES)
    if plot is not None:
        told.log({"results/box_plots": plot})
    if config["logger"].get("pictures_every", 1) and config["report"]:
        told.guard.call(lambda: _show_patients(told, run, config, cohort, whole), PICTURES)


def _show_patients(told: WandbRun, run: RunFolder, config: Config, cohort: pd.DataFrame, whole: pd.DataFrame) -> None:
    window = config["report"]["window_hu"]
    cases = {case.case_id: case for case in cases_of(cohort)}
    known = whole[whole["case_id"].isin(list(cases))]
    examples = choose_examples(known, list(config["cohort"]["cut_points"]))
    for group in dict.fromkeys(example.group for example in examples):
        of_group = [example for example in examples if example.group == group]
        shown = [
            told.guard.call(partial(_shown, example, cases[example.case_id], run, window, told.redaction), PICTURES)
            for example in of_group
        ]
        drawn = [one for slices in shown for one in slices or ()]
        if drawn:
            told.log({f"pictures/test/{group or NO_GROUP}": drawn})


def tell_tables(told: WandbRun, tables: Mapping[str, pd.DataFrame]) -> None:
    """Log tables, whole and redacted, as `tables/<name>`."""
    if told.run is None:
        return
    named = {f"tables/{name}": table for name, table in tables.items()}
    redact = told.redaction.table
    logged = told.guard.call(lambda: table_of(told, {name: redact(one) for name, one in named.items()}), FILES)
    if logged:
        told.log(logged)


def summary_of(groups: pd.DataFrame, tests: pd.DataFrame) -> dict[str, Any]:
    """The test's values by which a sweep is sorted.

    Args:
        groups: As in groups.csv.
        tests: As in tests.csv.

    Returns:
        `test/<metric>/<structure>`, of each group and of the worst: the lowest mean, of distances and of errors in
        volume, which are better the nearer to 0, the farthest from it, with its name; of Welch's ANOVA `.../p`,
        `.../p_holm` and `.../verdict`.
    """
    told: dict[str, Any] = {}
    for (structure, metric), rows in groups.groupby(["structure", "metric"], sort=False):
        means = {str(group): float(mean) for group, mean in zip(rows["group"], rows["mean"], strict=True)}
        name, overall = f"test/{metric}/{structure}", means.pop(ALL, None)
        if overall is not None and overall == overall:
            told[name] = overall
        known = {group: mean for group, mean in means.items() if mean == mean}
        told |= {f"{name}/{group}": mean for group, mean in known.items()}
        if known:
            worst = (max if lower_is_better(str(metric)) else min)(known, key=lambda group: abs(known[group]))
            told |= {f"{name}/{WORST}": known[worst], f"{name}/{WORST_NAME}": worst}
    for row in tests[tests["test"] == VERDICT_TEST].to_dict("records"):
        name = f"test/{row['metric']}/{row['structure']}"
        told |= {f"{name}/{value}": float(row[value]) for value in ("p", "p_holm") if row[value] == row[value]}
        told |= {f"{name}/verdict": row["verdict"]} if row["verdict"] else {}
    return told


def worst_named(measured: Mapping[str, float]) -> dict[str, str]:
    """Name the worst group of each structure.

    Args:
        measured: By a validation: `.../worst_group` and, beside it, `.../GROUP`.

    Returns:
        `.../worst_group_name`; of several that are equal, the first.
    """
    worst = {name.removesuffix(f"/{WORST}"): value for name, value in measured.items() if name.endswith(f"/{WORST}")}
    beside = [(*name.rpartition("/")[::2], value) for name, value in measured.items()]
    named: dict[str, str] = {}
    for place, group, value in beside:
        if group != WORST and value == worst.get(place):
            named.setdefault(f"{place}/{WORST_NAME}", group)
    return named


def png(figure: Figure, caption: str) -> Any:
    """Turn a figure into a picture for W&B."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=PLOT_DPI, metadata={"Software": None})
    return wandb.Image(Image.open(drawn), caption=caption)


def _whole(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics[metrics["side"] == "both"] if "side" in metrics else metrics


def _box_plots(whole: pd.DataFrame, groups: Sequence[str]) -> Any:
    dice = whole[whole["metric"] == "dice"].dropna(subset="value")
    if dice.empty:
        return None
    named = dice if set(dice["group"]) & set(groups) else dice.assign(group=ALL)
    shown = groups if named is dice else (ALL,)
    return png(draw_box_plots(named, shown, "Dice"), "Dice of the test patients by group")


def _shown(example: Example, case: Case, run: RunFolder, window_hu: Sequence[float], redaction: Redaction) -> list[Any]:
    """A patient's slices."""
    scores = ", ".join(f"{name} {dice:.3f}" for name, dice in example.dice.items())
    who = f"{example.rank}, {redaction.patient(example.case_id)}"
    slices = read_slices(case.image, case.parenchyma, case.cortex, run.prediction(example.case_id))
    return [picture(one, window_hu, f"{who}, {one.plane}: Dice {scores}") for one in slices]
