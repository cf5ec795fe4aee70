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
    checked = check(cases_of(rows[(rows["image"] != "") & (rows["parenchyma"] != "")]))
    problems += checked.problems
    remarks += [*checked.remarks, *_remarks_on_drawing(checked)]
    cohort = _as_drawn(cohort, checked)
    if not problems:
        cohort, problems, more = _divided(cohort, split)
        remarks += more
    return Gathered(cohort, tuple(problems), tuple(remarks), checked.measured, rows)


def _as_drawn(cohort: pd.DataFrame, checked: Checked[Any]) -> pd.DataFrame:
    """Leave out cases without parenchyma, and take no outline of the cortex for one that names none."""
    drawn = cohort[~cohort["case_id"].isin(checked.left_out)].reset_index(drop=True)
    return drawn.assign(cortex=drawn["cortex"].mask(drawn["case_id"].isin(checked.undivided), ""))


def _remarks_on_drawing(checked: Checked[Any]) -> list[str]:
    remarks = []
    if left_out := checked.left_out:
        cases = counted(len(left_out), "case is", "cases are")
        remarks.append(f"{cases} left out, for no parenchyma is drawn there: {few_of(left_out)}")
    if undivided := checked.undivided:
        cases = counted(len(undivided), "case", "cases")
        told = f"{cases} with a label map that names no cortex, taught and scored as parenchyma alone"
        remarks.append(f"{told}: {few_of(undivided)}")
    return remarks


def _divided(cohort: pd.DataFrame, split: Split) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Split a cohort; with problems and remarks."""
    try:
        divided = split(cohort)
    except InputError as error:
        return cohort, [*error.problems], []
    is_overruled = (cohort["split"] != "").any() and not divided["split"].equals(cohort["split"])
    remarks = ["the data state a split of their own, which is not used; split=column uses it"] if is_overruled else []
    return divided, _unfilled(divided), remarks


def _unfilled(cohort: pd.DataFrame) -> list[str]:
    missing = sorted({"train", "test"} - set(cohort["split"]))
    return [f"the split leaves no patient for {' and '.join(missing)}; set other shares or counts"] if missing else []
