"""Which values enter a statistic: one a patient, group by group, the missing ones counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.labels import BOTH_SIDES

SCORE_COLUMNS = ("case_id", "group", "structure", "metric", "value")
SIDES = (BOTH_SIDES, "left", "right")
ADD_BOTH = f"add a row with side {BOTH_SIDES}, or leave the column side out where a patient has one row"
SHOWN = 5
"""How many cases an error names."""


@dataclass(frozen=True)
class Sample:
    """The patients' values of one structure and metric.

    Args:
        groups: In order.
        values: What could be measured, an array a group; empty where a group is absent.
        missing: How many NaN each group has.
        ungrouped: How many patients belong to no group.
    """

    groups: tuple[str, ...]
    values: tuple[NDArray[np.float64], ...]
    missing: tuple[int, ...]
    ungrouped: int

    @property
    def n(self) -> int:
        """How many values there are."""
        return sum(len(values) for values in self.values)

    @property
    def has_groups(self) -> bool:
        """Whether any patient belongs to a group."""
        return self.n > 0 or any(self.missing)

    def remarks(self) -> list[str]:
        """Tell who is missing and which groups are too small, in sentences for a note."""
        if not self.has_groups:
            return [f"none of {self.ungrouped} patients has a group"]
        sizes = {group: len(values) for group, values in zip(self.groups, self.values, strict=True)}
        remarks = [f"{group}: no patient with a value" for group, size in sizes.items() if size == 0]
        remarks += [f"{group}: one patient only" for group, size in sizes.items() if size == 1]
        return remarks + self.left_out(*self.groups)

    def left_out(self, *among: str) -> list[str]:
        """Count who of some groups has no value, and who has no group, in sentences for a note."""
        counts = dict(zip(self.groups, self.missing, strict=True))
        lost = [f"{counts[group]} of {group}" for group in among if counts[group]]
        remarks = ["without a value: " + ", ".join(lost)] if lost else []
        return remarks + ([f"without a group: {self.ungrouped}"] if self.ungrouped else [])


def check_scores(metrics: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Check a table of scores before anything is computed from it.

    Args:
        metrics: With `SCORE_COLUMNS`; `side` may be absent, then all rows are of both sides.
        groups: Those that the cohort knows.

    Returns:
        The table with `side` and with "" for a missing group.

    Raises:
        InputError: Columns are missing, a value is no finite number, a group or a side is not known, a patient stands
            twice or in two groups, or only single kidneys were scored: the patient is the unit.
    """
    absent = [column for column in SCORE_COLUMNS if column not in metrics.columns]
    if absent:
        raise InputError(f"the table of scores lacks {', '.join(absent)}; it needs {', '.join(SCORE_COLUMNS)}")
    table = metrics if "side" in metrics.columns else metrics.assign(side=BOTH_SIDES)
    table = table.assign(group=table["group"].fillna(""), value=pd.to_numeric(table["value"], errors="coerce"))
    problems = [
        *_cases(np.isinf(table["value"]), table, "infinite; leave the cell empty where nothing could be measured"),
        *_cases(metrics["value"].notna() & table["value"].isna(), table, "no number; leave the cell empty or mend it"),
        *_cases(table.duplicated(["case_id", "side", "structure", "metric"]), table, "there twice; keep one row"),
        *_strange_groups(table, groups),
        *_several_groups(table),
        *_strange_sides(table),
        *_cases(_without_both(table), table, "of single kidneys alone; " + ADD_BOTH),
    ]
    if problems:
        raise InputError(problems)
    return table


def per_patient(table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Go through the structures and metrics of a checked table, in its order.

    Args:
        table: From `check_scores`.

    Yields:
        Structure, metric, and the rows of both sides.
    """
    rows = table[table["side"] == BOTH_SIDES]
    for (structure, metric), scores in rows.groupby(["structure", "metric"], sort=False):
        yield str(structure), str(metric), scores


def kidneys_of(table: pd.DataFrame, structure: str, metric: str) -> pd.DataFrame:
    """Take the rows of single kidneys, if they were scored.

    Args:
        table: From `check_scores`.
        structure: Of one structure.
        metric: And one metric.

    Returns:
        A row a kidney; none where only both together were scored.
    """
    return table[(table["side"] != BOTH_SIDES) & (table["structure"] == structure) & (table["metric"] == metric)]


def draw_sample(scores: pd.DataFrame, groups: Sequence[str]) -> Sample:
    """Sort the rows of one structure and metric by group.

    Args:
        scores: One row a patient, with `group` and `value`.
        groups: In order.

    Returns:
        The sample.
    """
    by_group = [scores.loc[scores["group"] == group, "value"].to_numpy(np.float64) for group in groups]
    return Sample(
        groups=tuple(groups),
        values=tuple(values[~np.isnan(values)] for values in by_group),
        missing=tuple(int(np.isnan(values).sum()) for values in by_group),
        ungrouped=int((~scores["group"].isin(list(groups))).sum()),
    )


def _cases(wrong: pd.Series, table: pd.DataFrame, what: str) -> list[str]:
    problems = []
    for (structure, metric), rows in table[wrong].groupby(["structure", "metric"], sort=False):
        problems.append(f"{named(rows['case_id'])}: {metric} of {structure} is {what}")
    return problems


def _strange_groups(table: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    strange = table[~table["group"].isin(["", *groups])]
    return [
        f"{named(rows['case_id'])}: group {group!r} is none of {', '.join(groups)}; rename it or set the groups"
        for group, rows in strange.groupby("group", sort=False)
    ]


def _several_groups(table: pd.DataFrame) -> list[str]:
    stated = table[table["group"] != ""].groupby("case_id", sort=False)["group"].unique()
    return [
        f"{case}: stands in the groups {' and '.join(found)}; a patient has one"
        for case, found in stated.items()
        if len(found) > 1
    ]


def _strange_sides(table: pd.DataFrame) -> list[str]:
    strange = table[~table["side"].isin(SIDES)]
    return [
        f"{named(rows['case_id'])}: side {side!r} is none of {', '.join(SIDES)}; rename it or leave the column out"
        for side, rows in strange.groupby("side", sort=False, dropna=False)
    ]


def _without_both(table: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are of a kidney whose patient has no row of both together."""
    scored = pd.MultiIndex.from_frame(table[["case_id", "structure", "metric"]])
    both = table["side"] == BOTH_SIDES
    return table["side"].isin(SIDES) & ~both & ~scored.isin(scored[both])


def named(cases: Sequence[str] | pd.Series) -> str:
    """List cases or patients, each once, the first few of many."""
    names = [str(case) for case in dict.fromkeys(cases)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
