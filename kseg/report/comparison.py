"""What stands on the page of a comparison: which setting is the best, how sure that is, and for whom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from kseg.images import write_atomically
from kseg.labels import ALL, OUTLINED
from kseg.report.comparison_answer import QUESTION, comparison_answer
from kseg.report.comparison_findings import chosen_on_val, missed, structure_rankings
from kseg.report.figures import data_uri
from kseg.report.numbers import NOTHING, p_equals, p_value
from kseg.report.page import environment
from kseg.report.ranking_table import share
from kseg.report.runs_table import shortened
from kseg.report.settings_plot import draw_settings
from kseg.report.source import NOT_TOLD, Source

DIGITS = {"percent": 1, "ml": 1, "mm": 2}
"""Decimals by the unit at the end of a metric's name; shares have three."""


def write_comparison(
    path: Path,
    *,
    runs: pd.DataFrame,
    ranking: pd.DataFrame,
    tests: pd.DataFrame,
    tests_in_groups: pd.DataFrame,
    best: Mapping[str, tuple[str, str, float, float]],
    groups: Sequence[str],
    confidence: float,
    alpha: float,
    footer: Mapping[str, str],
    source: Source = NOT_TOLD,
) -> None:
    """Write the page; it appears whole or not at all.

    Args:
        path: Where to.
        runs: From `kseg.report.runs_table.runs_table`.
        ranking: From `kseg.stats.ranking.rank_settings`, with `kseg.stats.seeds.with_seeds`.
        tests: From `kseg.stats.settings.compare_settings`.
        tests_in_groups: From `kseg.stats.settings_in_groups.compare_settings_in_groups`.
        best: Of a structure, the setting that is best for the worst group, that group, its mean, and in what share of
            draws it is the best.
        groups: In order.
        confidence: Of the intervals, as 0.95.
        alpha: Level of the tests.
        footer: What the page says of its own making.
        source: Where the CTs came from.
    """
    settings = list(dict.fromkeys(ranking["setting"]))
    title, short = shortened(settings)
    names = dict(zip(settings, short, strict=True))
    run_title, run_names = shortened(runs["run"].tolist())
    found = structure_rankings(ranking, tests, tests_in_groups, best)
    shown = [group for group in groups if (ranking.loc[ranking["group"] == group, "n"] > 0).any()]
    dice = ranking[(ranking["metric"] == "dice") & ranking["structure"].isin([one.structure for one in found])]
    order = {row["setting"]: names[row["setting"]] for row in (found[0].rows if found else ())}
    page = environment()
    page.filters |= {word.__name__: word for word in (share, digits, sentence)}
    page.filters |= {word.__name__: partial(word, alpha=alpha) for word in (p_equals, p_value_or_dash)}
    html = page.get_template("comparison.html.j2").render(
        question=QUESTION,
        answer=[*([source.warning] if source.warning else []), *comparison_answer(found, names, alpha)],
        chosen=chosen_on_val(runs),
        several=bool((ranking["seeds"] > 1).any()),
        title=title,
        names=names,
        contrasts={f"{b} - {a}": f"{names[b]} \N{MINUS SIGN} {names[a]}" for a in settings for b in settings},
        groups=shown,
        all=ALL,
        found=found,
        plot=data_uri(draw_settings(dice, shown, order)) if found else "",
        details=_details(ranking),
        missed=missed(ranking, names),
        runs=runs.assign(shown=run_names).to_dict("records"),
        run_title=run_title,
        confidence=confidence,
        alpha=alpha,
        footer=footer,
    )
    write_atomically(path, html.encode())


def digits(metric: str) -> int:
    """How many decimals a metric's values are written with."""
    return DIGITS.get(metric.rpartition("_")[2] if not metric.startswith("nsd") else "", 3)


def sentence(note: str) -> str:
    """Make a note a sentence."""
    return f"{note[:1].upper()}{note[1:]}." if note else ""


def p_value_or_dash(p: float, alpha: float) -> str:
    """Write p, or a dash where nothing was computed."""
    return NOTHING if math.isnan(p) else p_value(p, alpha)


def _details(ranking: pd.DataFrame) -> list[dict[Any, Any]]:
    rows = ranking[(ranking["group"] == ALL) & ranking["structure"].isin(OUTLINED)]
    return rows.sort_values("structure", key=lambda names: names.map(OUTLINED.index), kind="stable").to_dict("records")
