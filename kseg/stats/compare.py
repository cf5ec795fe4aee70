"""Do the scores differ between the groups, by every chosen test: tests.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from kseg.errors import InputError
from kseg.stats.finding import TEST_COLUMNS, Finding
from kseg.stats.sample import check_scores, per_patient

Test = Callable[[pd.DataFrame, Sequence[str]], Sequence[Finding]]
"""`(scores, groups) -> findings`; scores are of one structure and metric, a row a patient with `group` and `value`."""


def compare_groups(
    metrics: pd.DataFrame, *, groups: Sequence[str], tests: Mapping[str, Test], metric: str | Sequence[str] = "dice"
) -> pd.DataFrame:
    """Compare the groups in every structure.

    Args:
        metrics: A row a case, structure and metric, as in metrics.csv.
        groups: In order; the first is the control.
        tests: The name in the table, and the function.
        metric: Which metrics are compared.

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
    rows = [
        {"structure": structure, "metric": name, "test": test, **asdict(finding)}
        for structure, name, scores in per_patient(table[table["metric"].isin(wanted)])
        for test, function in tests.items()
        for finding in function(scores, groups)
    ]
    found = pd.DataFrame(rows, columns=list(TEST_COLUMNS))
    return found.assign(p_holm=found.groupby(["metric", "test", "contrast"])["p"].transform(holm))


def holm(p: pd.Series) -> pd.Series:
    """Correct p-values for having looked several times.

    Args:
        p: Before the correction; NaN where a test could not be computed, which then counts for nothing.

    Returns:
        The corrected ones, NaN where they were.

    Reference:
        Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6(2):65-70.
    """
    ascending = p.dropna().sort_values()
    corrected = (ascending * np.arange(len(ascending), 0, -1)).cummax().clip(upper=1)
    return corrected.reindex(p.index)
