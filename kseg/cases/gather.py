"""How a cohort comes together: imported, staged, its files checked, split; everything that is wrong told in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from kseg.cases.check.cohort import Checked
from kseg.clinical.cohort import COHORT_COLUMNS, Case, cases_of
from kseg.clinical.rows import Imported
from kseg.clinical.saying import counted, few_of
from kseg.errors import InputError

Stage: TypeAlias = Callable[[pd.DataFrame], tuple[pd.DataFrame, tuple[str, ...]]]
"""An importer's rows to a cohort and remarks, such as `kseg.clinical.cohort.build_cohort` with its settings."""

Check: TypeAlias = Callable[[Sequence[Case]], Checked[Any]]
"""Cases to what is wrong with their files, such as `kseg.cases.check.cohort.check_cases` with its settings."""

Split: TypeAlias = Callable[[pd.DataFrame], pd.DataFrame]
"""A cohort to the same with its split, such as `kseg.clinical.split.stratified_split` with its settings."""


@dataclass(frozen=True)
class Gathered:
    """A cohort, and all that is to be said of it.

    Args:
        cohort: With the columns of `kseg.clinical.cohort.COHORT_COLUMNS`; as far as it came where there are problems.
        problems: One line each; the cohort is usable when there are none.
        remarks: One line each.
        measured: What was measured of each sound case, by its id.
        rows: The importer's, of which some may not have become part of the cohort.
    """

    cohort: pd.DataFrame
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    measured: dict[str, Any]
    rows: pd.DataFrame

    def usable(self) -> pd.DataFrame:
        """The cohort, if nothing is wrong with it.

        Raises:
            InputError: With every problem.
        """
        if self.problems:
            raise InputError(self.problems)
        return self.cohort


def gather_cohort(imported: Imported, *, stage: Stage, check: Check, split: Split) -> Gathered:
    """Go the whole way from an importer's rows to a cohort, past problems as far as possible.

    Args:
        imported: What an importer found.
        stage: Gives every case its eGFR and group.
        check: Reads the files.
        split: Says who trains and who is tested.

    Returns:
        The cohort, with the problems of the table, of all files, and of the split.
    """
    rows = imported.rows
    cohort, problems, remarks = rows.reindex(columns=list(COHORT_COLUMNS)), [*imported.problems], [*imported.remarks]
    try:
        cohort, staged = stage(rows.drop(index=list(imported.unreadable)))
        remarks += staged
    except InputError as error:
        problems += error.problems
    complete = rows[(rows["image"] != "") & (rows["parenchyma"] != "")]
    checked = check(cases_of(complete))
    problems += checked.problems
    remarks += [*checked.remarks, *_left_out(checked.left_out)]
    cohort = cohort[~cohort["case_id"].isin(checked.left_out)].reset_index(drop=True)
    if not problems:
        stated = cohort["split"]
        try:
            cohort = split(cohort)
        except InputError as error:
            problems += error.problems
        if (stated != "").any() and not cohort["split"].equals(stated):
            remarks.append("the table states a split, which is not used; split=column uses it")
        problems += _unfilled(cohort) if not problems else []
    return Gathered(cohort, tuple(problems), tuple(remarks), checked.measured, rows)


def _unfilled(cohort: pd.DataFrame) -> list[str]:
    missing = sorted({"train", "test"} - set(cohort["split"]))
    return [f"the split leaves no patient for {' and '.join(missing)}; set other shares or counts"] if missing else []


def _left_out(cases: Sequence[str]) -> list[str]:
    left_out = counted(len(cases), "case is", "cases are")
    return [f"{left_out} left out, for no parenchyma is drawn there: {few_of(cases)}"] if cases else []
