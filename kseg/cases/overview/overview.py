"""What did a check find, put together for the page, the table and the terminal?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kseg.cases.gather import Gathered
from kseg.cases.overview.attribution import lines_by_case
from kseg.cases.overview.look import Look
from kseg.cases.overview.summary import case_table
from kseg.cases.overview.summary_text import SummaryTable, summary_tables
from kseg.clinical.cohort import COHORT_COLUMNS
from kseg.clinical.saying import counted


@dataclass(frozen=True)
class Overview:
    """A cohort as it was found.

    Args:
        cases: One row a case, with `kseg.cases.overview.summary.CASE_COLUMNS`, and `problems` and `remarks`: what is
            said of the case, one line each.
        groups: In order.
        tables: The cohort's summary.
        pictures: By `case_id`, data URIs; there is none of a case whose files are unsound.
        problems: One line each, of cases and of the whole.
        remarks: One line each, of cases and of the whole.
    """

    cases: pd.DataFrame
    groups: tuple[str, ...]
    tables: tuple[SummaryTable, ...]
    pictures: Mapping[str, str]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def counts(self) -> str:
        """How much was found, in one line."""
        patients = self.cases["patient_id"].nunique()
        found = f"{counted(len(self.cases), 'CT', 'CTs')} of {counted(patients, 'patient', 'patients')}"
        problems = counted(len(self.problems), "problem", "problems") if self.problems else "no problems"
        remarks = counted(len(self.remarks), "remark", "remarks") if self.remarks else "no remarks"
        return f"{found}: {problems}, {remarks}"


def look_over(gathered: Gathered, groups: Sequence[str]) -> Overview:
    """Put together what was found.

    Args:
        gathered: A cohort whose cases were measured by `kseg.cases.overview.look.look_at`.
        groups: In order.

    Returns:
        The overview; it holds the cohort's cases, and those rows besides of which something is wrong.
    """
    looks: dict[str, Look] = gathered.measured
    rows = gathered.rows
    ids = set(rows["case_id"])
    problems, remarks = lines_by_case(gathered.problems, ids), lines_by_case(gathered.remarks, ids)
    refused = rows["case_id"].isin(problems.keys() | looks.keys()) & ~rows["case_id"].isin(gathered.cohort["case_id"])
    known = pd.concat([gathered.cohort, rows[refused].reindex(columns=list(COHORT_COLUMNS))], ignore_index=True)
    named = known[known["case_id"] != ""].drop_duplicates("case_id")
    cases = case_table(named, {case: look.fingerprint for case, look in looks.items()})
    cases["problems"] = ["\n".join(problems.get(case, ())) for case in cases["case_id"]]
    cases["remarks"] = ["\n".join(remarks.get(case, ())) for case in cases["case_id"]]
    return Overview(
        cases=cases,
        groups=tuple(groups),
        tables=tuple(summary_tables(cases, groups)),
        pictures={case: look.picture for case, look in looks.items()},
        problems=gathered.problems,
        remarks=(*gathered.remarks, *_remarks_on_split(gathered)),
    )


def _remarks_on_split(gathered: Gathered) -> list[str]:
    if gathered.problems or (gathered.cohort["split"] == "val").any():
        return []
    return ["the split leaves nobody for val: the last weights will be tested"]
