"""From which cases can no group be told, and what becomes of them?"""

from __future__ import annotations

import pandas as pd

from kseg.clinical.groups import NO_GROUP
from kseg.clinical.saying import counted, few_of

REFUSE, KEEP = "refuse", "keep"
WAYS = (REFUSE, KEEP)
"""What may become of a case from which no group can be told."""

NEEDED = ("creatinine_umol_l", "age", "sex")
"""What an eGFR is computed from."""

WAY_OUT = "or set cohort.ungrouped=keep"


def way_problems(way: str) -> list[str]:
    """Find out whether a setting says what becomes of a case without a group.

    Args:
        way: One of `WAYS`.

    Returns:
        One line, or none.
    """
    return [] if way in WAYS else [f"cohort.ungrouped is {way!r}; {' or '.join(WAYS)} is needed"]


def ungrouped_problems(rows: pd.DataFrame) -> list[str]:
    """Find the cases from which no group can be told.

    Args:
        rows: With the columns `case_id`, `creatinine_umol_l`, `age`, `sex`, `egfr` and `group`.

    Returns:
        One line a case; one for the whole cohort where no case has what is needed.
    """
    if len(rows) > 1 and _has_nothing(rows):
        nothing = f"none of the {len(rows)} cases has creatinine, eGFR or group"
        return [f"{nothing}; give one of them, {WAY_OUT}, to go without groups"]
    lacking = _lacking(rows)
    if 1 < len(lacking) == len(rows) and lacking.nunique() == 1:
        return [f"all {len(rows)} cases: {lacking.iloc[0]}; without it give an egfr or a group, {WAY_OUT}"]
    cases = rows["case_id"][lacking.index]
    return [
        f"{case}: {what}; without it give an egfr or a group, {WAY_OUT}"
        for case, what in zip(cases, lacking, strict=True)
    ]


def ungrouped_remarks(cohort: pd.DataFrame) -> list[str]:
    """Say how many cases are kept without a group.

    Args:
        cohort: With the columns of the rows and `group` filled as far as it can be told.

    Returns:
        One line, or none.
    """
    cases = cohort["case_id"][cohort["group"] == ""].tolist()
    if not cases:
        return []
    if len(cases) < len(cohort):
        are = counted(len(cases), "case is", "cases are")
        return [f"{are} {NO_GROUP}, for want of creatinine, age or sex, and in no group's results: {few_of(cases)}"]
    told = "no patient has creatinine, eGFR or group"
    if not _has_nothing(cohort):
        told = "no patient's group can be told, for want of creatinine, age or sex"
    return [f"{told}: the cohort is trained and evaluated without groups"]


def _has_nothing(rows: pd.DataFrame) -> bool:
    values = rows[["creatinine_umol_l", "egfr"]].isna().all(axis=None)
    return bool(values and (rows["group"] == "").all())


def _lacking(rows: pd.DataFrame) -> pd.Series[str]:
    """What each case lacks from which no group can be told; such cases alone."""
    missing = rows[["creatinine_umol_l", "age"]].isna().assign(sex=rows["sex"] == "")
    ungrouped = missing.any(axis=1) & rows["egfr"].isna() & (rows["group"] == "")
    said = [
        " and ".join(f"no {name}" for name, is_missing in zip(NEEDED, case, strict=True) if is_missing)
        for case in missing[ungrouped].itertuples(index=False, name=None)
    ]
    return pd.Series(said, missing.index[ungrouped], dtype="str")
