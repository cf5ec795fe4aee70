"""What stands on the page: everything that was found in one HTML file, which opens without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from kseg.images import write_atomically
from kseg.labels import ALL
from kseg.report.answer import QUESTION, answer, power_remark
from kseg.report.bland_altman import agreement_table, draw_bland_altman
from kseg.report.boxplot import draw_box_plots
from kseg.report.claim import REFERENCE, claim_table
from kseg.report.dice_tables import anova_table, dice_table, equivalence_table, numbers_table
from kseg.report.failures import LOWEST, failures
from kseg.report.figures import data_uri
from kseg.report.findings import DiceRow, Findings, dice_rows, of_both_kidneys, unscored
from kseg.report.further_tests import further_tests
from kseg.report.kidney_function import correlation_table, draw_against_egfr, has_pairs, volumes_with_fraction
from kseg.report.latex import latex_tables
from kseg.report.methods import effect_confidence, has_default_margin, methods
from kseg.report.numbers import mean_sd, number, percent
from kseg.report.pictures import draw_examples
from kseg.report.printed import Printed
from kseg.report.source import Source, source_of
from kseg.report.study import Study
from kseg.report.verdicts import anova_rows, equivalence_rows, power_of, verdict_rows
from kseg.report.volumes import draw_volumes, volume_rows, volume_table

LATEX = "tables.tex"
"""What the tables are called beside the page."""


def write_report(
    path: Path,
    found: Findings,
    *,
    config: Mapping[str, Any],
    made: Mapping[str, str],
    study: Study,
    window_hu: Sequence[float],
) -> None:
    """Write the page, and its tables as `LATEX` beside it; each appears whole or not at all.

    Args:
        path: Where to.
        found: What it is made of. A case whose files are not there is shown without a picture, and the page says so.
        config: The run's, in plain containers: what the methods are written from.
        made: What stands in the footer: the run's name, seed, versions, commit.
        study: The publication beside which the run is read.
        window_hu: Which Hounsfield units are black and white in the pictures.
    """
    rows = dice_rows(found.groups_table, found.groups)
    source = source_of(config)
    about = {"config": config, "made": made, "study": study, "source": source}
    parts = {
        **_dice(found, rows, study, source),
        **_comparison(found, rows, config, source),
        **_volumes(found, has_groups=len(rows) > 1),
        "failures": failures(found.metrics, found.volumes, found.missed, _structures(rows)),
        "lowest_listed": LOWEST,
        "pictures": draw_examples(found, window_hu),
        "further": further_tests(found.tests_table, confidence=found.confidence, **_levels(found, config)),
        "methods": methods(config, found, made),
        "claim": claim_table(config, found, made),
        "claim_reference": REFERENCE,
    }
    page = environment().get_template("report.html.j2")
    html = page.render(rows=rows, question=QUESTION, window_hu=window_hu, found=found, **about, **parts)
    write_atomically(path, html.encode())
    write_atomically(path.with_name(LATEX), latex_tables(_tables(parts)).encode())


def _structures(rows: Sequence[DiceRow]) -> list[str]:
    return [cell.structure for cell in rows[0].cells] if rows else []


def _dice(found: Findings, rows: Sequence[DiceRow], study: Study, source: Source) -> dict[str, Any]:
    has_groups = len(rows) > 1
    whole = of_both_kidneys(found.patients)
    dice = whole[(whole["metric"] == "dice") & whole["structure"].isin(_structures(rows))]
    table = found.groups_table[found.groups_table["metric"] == "dice"]
    shown = table[table["structure"].isin(_structures(rows)) & (table["n"] + table["n_missing"] > 0)]
    groups = found.groups if has_groups else (ALL,)
    points = dice if has_groups else dice.assign(group=ALL)
    return {
        "dice": dice_table(rows, study, source) if rows else None,
        "numbers": numbers_table(shown, found.confidence) if len(shown) else None,
        "box_plots": data_uri(draw_box_plots(points, groups, "Dice")) if len(dice) else "",
    }


def _comparison(found: Findings, rows: Sequence[DiceRow], config: Mapping[str, Any], source: Source) -> dict[str, Any]:
    tests, alpha = found.tests_table, found.alpha
    verdicts = verdict_rows(tests, rows, alpha)
    anovas = anova_rows(tests, rows, alpha=alpha) if any(row.is_welch for row in verdicts) else []
    equivalences = equivalence_rows(tests, rows)
    power = power_of(tests, rows, verdicts)
    return {
        "answer": answer(rows, verdicts, unscored(found.groups_table), power, source),
        "remark": power_remark(rows, power),
        "verdicts": verdicts,
        "verdict": anova_table(verdicts) if verdicts else None,
        "anova": anova_table(anovas, effect_confidence=_levels(found, config)["effect_confidence"]) if anovas else None,
        "default_margin": has_default_margin(config, "dice"),
        "equivalence": equivalence_table(equivalences, alpha) if equivalences else None,
    }


def _levels(found: Findings, config: Mapping[str, Any]) -> dict[str, float]:
    """Of the tests, and of omega squared's interval."""
    return {"alpha": found.alpha, "effect_confidence": effect_confidence(config, found.alpha)}


def _volumes(found: Findings, *, has_groups: bool) -> dict[str, Any]:
    measured = of_both_kidneys(found.patient_volumes)
    groups: Sequence[str] = found.groups if has_groups else ()
    rows = volume_rows(measured)
    against = volumes_with_fraction(measured, found.fractions) if len(measured) else measured
    levels = {"alpha": found.alpha, "confidence": found.confidence}
    return {
        "volumes": volume_table(rows) if rows else None,
        "volume_plot": data_uri(draw_volumes(measured, groups)) if rows else "",
        "bland_altman": data_uri(draw_bland_altman(measured, found.tests_table, groups)) if rows else "",
        "agreement": agreement_table(found.tests_table, **levels),
        "egfr_plot": data_uri(draw_against_egfr(against, groups)) if len(against) and has_pairs(against) else "",
        "egfr": correlation_table(found.tests_table, **levels),
    }


def _tables(parts: Mapping[str, Any]) -> list[Printed]:
    names = ("dice", "verdict", "equivalence", "anova", "volumes", "agreement", "egfr", "numbers")
    tables = [parts[name] for name in names] + [test.table for test in parts["further"]]
    failed = parts["failures"]
    return [
        table.without_empty_columns()
        for table in (*tables, failed.missed, failed.unscored, failed.lowest, parts["claim"])
        if table
    ]


def environment() -> Environment:
    """How a page is filled: everything escaped, nothing left out unnoticed, numbers by `kseg.report.numbers`."""
    environment = Environment(
        loader=PackageLoader("kseg.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {word.__name__: word for word in (number, percent, mean_sd)}
    return environment
