"""How does what is known of each case become an importer's rows?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kseg.clinical.rows import ROW_COLUMNS
from kseg.outlines import Outline


@dataclass(frozen=True)
class CaseRow:
    """One case of a set in which every patient has one CT.

    Args:
        case_id: Also the patient's id.
        image: The CT; None where it is missing.
        parenchyma: As it was drawn; None where it was not.
        cortex: As it was drawn; None where it was not.
        sex: "F", "M", or "" where it is not known.
        age: In years; NaN where it is not known.
        egfr: In mL/min/1.73 m^2; NaN where it is not known.
        split: As the set states it, or "".
    """

    case_id: str
    image: Path | None = None
    parenchyma: Outline | None = None
    cortex: Outline | None = None
    sex: str = ""
    age: float = math.nan
    egfr: float = math.nan
    split: str = ""


def as_rows(cases: Sequence[CaseRow]) -> pd.DataFrame:
    """Write cases as an importer's rows.

    Args:
        cases: In the order of the rows.

    Returns:
        With the columns of `kseg.clinical.rows.ROW_COLUMNS`, numbered from 1.
    """
    texts = {
        "case_id": [case.case_id for case in cases],
        "patient_id": [case.case_id for case in cases],
        "sex": [case.sex for case in cases],
        "group": [""] * len(cases),
        "split": [case.split for case in cases],
        "image": [str(case.image or "") for case in cases],
        "parenchyma": [str(case.parenchyma or "") for case in cases],
        "cortex": [str(case.cortex or "") for case in cases],
    }
    numbers = {
        "age": [case.age for case in cases],
        "creatinine_umol_l": [math.nan] * len(cases),
        "egfr": [case.egfr for case in cases],
    }
    index = pd.RangeIndex(1, len(cases) + 1)
    rows = pd.DataFrame(texts, index, dtype="str").join(pd.DataFrame(numbers, index, dtype="float64"))
    return rows[list(ROW_COLUMNS)]
