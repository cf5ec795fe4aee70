"""What does a table of scores from elsewhere know of its patients, beside their scores?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kseg.clinical.cohort import COHORT_COLUMNS
from kseg.errors import InputError

TOLD = ("patient_id", "egfr")
"""Columns that a table of scores may have."""


def cohort_beside(scores: pd.DataFrame) -> pd.DataFrame:
    """Read whose CTs the scores are of, and the patients' kidney function.

    Args:
        scores: Several rows a case, with `case_id` and `group`; `patient_id` and `egfr` (mL/min/1.73 m^2) may be there.

    Returns:
        One row a case with `COHORT_COLUMNS`, empty but for what the table tells; no row where it has neither column. A
        case without a patient is a patient of its own.

    Raises:
        InputError: An eGFR is no finite number, or the rows of a case tell of two patients or two eGFRs.
    """
    told = [column for column in TOLD if column in scores]
    if not told:
        return pd.DataFrame(columns=list(COHORT_COLUMNS))
    if "egfr" in told and not pd.api.types.is_numeric_dtype(scores["egfr"]):
        texts = scores["egfr"][pd.to_numeric(scores["egfr"], errors="coerce").isna() & (scores["egfr"] != "")]
        raise InputError(f"the table's egfr must be a number or empty, as {texts.iloc[0]!r} is not")
    known = scores[["case_id", *told]].replace("", np.nan)
    counts = known.groupby("case_id", sort=False).nunique()
    problems = [
        f"{case}: its rows tell of {count} values of {column}; a case has one"
        for column in told
        for case, count in counts.loc[counts[column] > 1, column].items()
    ]
    infinite = known.loc[np.isinf(known["egfr"]), "case_id"].unique() if "egfr" in told else ()
    problems += [f"{case}: its egfr is infinite; leave the cell empty where it is not known" for case in infinite]
    if problems:
        raise InputError(problems)
    cases = known.groupby("case_id", sort=False, as_index=False).first()
    groups = scores.drop_duplicates("case_id").set_index("case_id")["group"]
    cohort = cases.reindex(columns=list(COHORT_COLUMNS))
    cohort = cohort.assign(group=cases["case_id"].map(groups), patient_id=cohort["patient_id"].fillna(cases["case_id"]))
    texts_of = [column for column in COHORT_COLUMNS if column not in ("age", "creatinine_umol_l", "egfr")]
    cohort[texts_of] = cohort[texts_of].fillna("").astype("str")
    return cohort.astype({"age": "float64", "creatinine_umol_l": "float64", "egfr": "float64"})
