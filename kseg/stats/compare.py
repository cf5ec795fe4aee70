"""Do the scores differ between the groups, by every chosen test: tests.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from kseg.errors import InputError
from kseg.stats.finding import TEST_COLUMNS, Finding
from kseg.stats.holm import holm
from kseg.stats.sample import check_scores, kidneys_of, per_patient
from kseg.stats.verdict import with_verdicts

ALL_GROUPS = "groups"
"""The contrast of a test that compares all groups at once."""

Test = Callable[[pd.DataFrame, Sequence[str]], Sequence[Finding]]
"""`(scores, groups) -> findings`; scores are of one structure and metric, a row a patient with `group` and `value`."""


def compare_groups(
    metrics: pd.DataFrame,
    *,
    groups: Sequence[str],
    tests: Mapping[str, Test],
    metric: str | Sequence[str] = "dice",
    egfr: Mapping[str, float] | None = None,
    kidney_tests: Mapping[str, Test] | None = None,
    alpha: float = 0.05,
    remarks: Sequence[str] = (),
) -> pd.DataFrame:
    """Compare the groups in every structure.

    Args:
        metrics: A row a case, side, structure and metric, as in metrics.csv.
        groups: In order; the first is the control.
        tests: The name in the table, and the function.
        metric: Which metrics are compared.
        egfr: Of each case, mL/min/1.73 m^2, for the tests that look at it.
        kidney_tests: Those that are given a row a kidney rather than a row a patient.
        alpha: Level at which the verdicts are spoken.
        remarks: What the note of every test of all groups must say besides, of whom the table itself does not tell.

    Returns:
        `TEST_COLUMNS`; `p_holm` is p corrected by Holm over the structures of one metric, test and contrast.

    Raises:
        InputError: The table cannot be read as scores (see `check_scores`), or lacks a metric.
    """
    wanted = [metric] if isinstance(metric, str) else list(metric)
    table = check_scores(metrics, groups)
    absent = sorted(set(wanted) - set(table["metric"]))
    if absent:
        there = ", ".join(dict.fromkeys(table["metric"])) or "nothing"
        raise InputError(f"the table of scores lacks the metric {', '.join(absent)}; it holds {there}")
    if egfr is not None:
        table = table.assign(egfr=table["case_id"].map(egfr).astype(float))
    table = table[table["metric"].isin(wanted)]
    rows = [
        {"structure": structure, "metric": name, "test": test, **asdict(finding)}
        for structure, name, scores in per_patient(table)
        for chosen, given in ((tests, scores), (kidney_tests or {}, kidneys_of(table, structure, name)))
        for test, function in chosen.items()
        for finding in _remarked(function(given, groups), remarks)
    ]
    found = pd.DataFrame(rows, columns=list(TEST_COLUMNS))
    found = found.assign(p_holm=found.groupby(["metric", "test", "contrast"])["p"].transform(holm))
    return with_verdicts(found, alpha=alpha)


def _remarked(found: Sequence[Finding], remarks: Sequence[str]) -> list[Finding]:
    return [finding.noting(*remarks) if finding.contrast == ALL_GROUPS else finding for finding in found]
