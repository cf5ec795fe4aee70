"""What do the other rows of tests.csv say: everything that no other table of the page shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kseg.report.bland_altman import AGREEMENT
from kseg.report.kidney_function import is_of_volumes
from kseg.report.numbers import degrees_of_freedom, interval, number, p_value, percent
from kseg.report.printed import Line, Printed
from kseg.report.verdicts import in_words

RHO = "\N{GREEK SMALL LETTER RHO}"

SHOWN_ABOVE = ("anova", "welch_anova", "tost")
"""Of Dice, in tables of their own."""


@dataclass(frozen=True)
class Named:
    """What a test is called, the letter of its statistic, and the question that it answers."""

    title: str
    letter: str
    question: str


TESTS = {
    "welch_anova": Named("Welch's ANOVA", "F", "Do the groups differ, each with a variance of its own?"),
    "anova": Named("One-way ANOVA", "F", "The study's test: do the groups differ, were all to vary alike?"),
    "tost": Named("Two one-sided tests of equivalence", "t", "Does a group lie within the margin of the control?"),
    "power": Named("Power", "", "What is the smallest difference that so many patients could have shown?"),
    "kruskal": Named("Kruskal-Wallis", "H", "Do the groups differ in their ranks, whatever the distribution?"),
    "levene": Named(
        "Levene (Brown-Forsythe)", "W", "Do the groups spread unequally? A small p speaks for Welch's test."
    ),
    "shapiro": Named("Shapiro-Wilk", "W", "Are the residuals normal? A small p speaks against it."),
    "games_howell": Named("Games-Howell", "t", "Which groups differ from which, all pairs together at one level?"),
    "spearman": Named("Spearman", RHO, "Does the score follow the eGFR itself, groups aside?"),
    "mixed_model": Named(
        "Mixed model", "F", "Do the groups differ where each kidney counts, two of a patient being alike?"
    ),
    "bland_altman": Named("Bland-Altman", "", "How far do predicted volumes lie from outlined ones?"),
    "icc": Named("Intraclass correlation ICC(A,1)", "F", "Do predicted volumes agree with outlined ones?"),
    "ccc": Named("Lin's concordance correlation", "", "Do predicted volumes agree with outlined ones?"),
    "pearson": Named("Pearson", "r", "Do volumes follow the eGFR along a line?"),
}
EFFECTS = {
    "mean_difference": "difference",
    "hedges_g": "Hedges' g",
    "epsilon_squared": "ε²",
    "omega_squared": "ω²",
    "spearman_rho": RHO,
    "cohens_f": "Cohen's f",
    "intraclass_correlation": "correlation of the two kidneys",
}
IN_UNITS = {"mean_difference"}
"""Effects in the metric's own unit, which need a decimal more."""


@dataclass(frozen=True)
class FurtherTest:
    """One test's rows, and what it asks."""

    title: str
    question: str
    table: Printed


def further_tests(
    tests_table: pd.DataFrame, *, alpha: float, confidence: float, effect_confidence: float
) -> list[FurtherTest]:
    """Lay out every test that the page does not show elsewhere.

    Args:
        tests_table: As in tests.csv.
        alpha: Level of the tests.
        confidence: Of the intervals, but for those of the two tests that reject on one side.
        effect_confidence: Of omega squared's; that of a test of equivalence is 1 - 2 alpha.

    Returns:
        A table a test: those of `TESTS` first, in their order, then whatever else was run.
    """
    left = [row for row in tests_table.to_dict("records") if not _is_shown_above(row)]
    run = list(dict.fromkeys(str(row["test"]) for row in left))
    order = [*(test for test in TESTS if test in run), *(test for test in run if test not in TESTS)]
    of_test = {"anova": effect_confidence, "tost": 1 - 2 * alpha}
    return [
        _further(test, [row for row in left if row["test"] == test], alpha, of_test.get(test, confidence))
        for test in order
    ]


def _is_shown_above(row: Mapping[Any, Any]) -> bool:
    of_dice = row["test"] in SHOWN_ABOVE and row["metric"] == "dice"
    return of_dice or row["test"] in AGREEMENT or is_of_volumes(row)


def _further(test: str, rows: Sequence[Mapping[Any, Any]], alpha: float, confidence: float) -> FurtherTest:
    named = TESTS.get(test, Named(test, "statistic", ""))
    head = ["structure", "contrast", "n", named.letter or "statistic", "df", "p", "p (Holm)"]
    table = Printed(
        test.replace("_", "-"),
        named.title,
        [*head, f"effect ({percent(confidence)} interval)", "margin", "verdict", "remark"],
        "llrrrrrwrlw",
        [_line(row, beside, alpha) for row, beside in _joined(rows)],
        dense=True,
    )
    return FurtherTest(named.title, named.question, table)


def _joined(rows: Sequence[Mapping[Any, Any]]) -> list[tuple[Mapping[Any, Any], list[Mapping[Any, Any]]]]:
    """Put a row with an effect and no p, as Hedges' g of a pair, beside the one before it of the same contrast."""
    joined: list[tuple[Mapping[Any, Any], list[Mapping[Any, Any]]]] = []
    for row in rows:
        before = joined[-1][0] if joined else {}
        same = all(before.get(key) == row[key] for key in ("structure", "metric", "contrast"))
        if same and math.isnan(row["p"]) and not math.isnan(row["effect"]) and not row["note"]:
            joined[-1][1].append(row)
        else:
            joined.append((row, []))
    return joined


def _line(row: Mapping[Any, Any], beside: Sequence[Mapping[Any, Any]], alpha: float) -> Line:
    metric = "" if row["metric"] == "dice" else f", {row['metric']}"
    df = [degrees_of_freedom(row[name]) for name in ("df1", "df2") if not math.isnan(row[name])]
    return Line(
        [
            *(f"{row['structure']}{metric}", str(row["contrast"]), str(int(row["n"]))),
            *("" if math.isnan(row["statistic"]) else number(row["statistic"], 2), ", ".join(df)),
            *("" if math.isnan(row[name]) else p_value(row[name], alpha) for name in ("p", "p_holm")),
            "; ".join(effect for effect in map(_effect, (row, *beside)) if effect),
            "" if math.isnan(row["margin"]) else f"{row['margin']:g}",
            *(_verdict(row), str(row["note"])),
        ]
    )


def _verdict(row: Mapping[Any, Any]) -> str:
    of_groups = math.nan if row["test"] != "tost" else float(row["effect"])
    return in_words(str(row["verdict"]), of_groups)


def _effect(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["effect"]):
        return ""
    name = str(row["effect_name"])
    digits = 3 if name in IN_UNITS else 2
    bounds = "" if math.isnan(row["ci_low"]) else f" ({interval(row['ci_low'], row['ci_high'], digits)})"
    return f"{EFFECTS.get(name, name.replace('_', ' '))} {number(row['effect'], digits)}{bounds}"
