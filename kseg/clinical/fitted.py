"""Of whom does an equation speak that was never fitted on patients like them?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from kseg.clinical.saying import counted, few_of

ANY = (0.0, math.inf)
"""The range of an equation that was fitted on every age, or at every eGFR."""


def range_problems(ranges: dict[str, Sequence[float]]) -> list[str]:
    """Find ranges that are none.

    Args:
        ranges: By the name of the setting.

    Returns:
        One line a problem.
    """
    return [
        f"cohort.{name} is {list(bounds)}; a lowest and a highest number are needed, such as [18, .inf]"
        for name, bounds in ranges.items()
        if len(bounds) != 2 or not bounds[0] < bounds[1]
    ]


def fitted_remarks(
    cohort: pd.DataFrame, computed: pd.Series[bool], *, name: str, ages: Sequence[float], egfr: Sequence[float]
) -> list[str]:
    """Say for which patients the equation has to go beyond what it was fitted on.

    Args:
        cohort: With the columns `patient_id`, `age` and `egfr`.
        computed: Whose eGFR the equation gave.
        name: What the equation is called.
        ages: From and to, in years, both included.
        egfr: From and to, in mL/min/1.73 m^2, both included.

    Returns:
        One line for each of the bounds that is passed, with the number of patients.
    """
    used = cohort[computed]
    (youngest, oldest), (lowest, highest) = ages, egfr
    kinds = (
        (used["age"] < youngest, f"younger than {youngest:g}, for whom {name} was not fitted", True),
        (used["age"] > oldest, f"older than {oldest:g}, for whom {name} was not fitted", True),
        (used["egfr"] < lowest, f"an eGFR below {lowest:g}, where {name} is not precise", False),
        (used["egfr"] > highest, f"an eGFR above {highest:g}, where {name} is not precise", False),
    )
    return [_remark(used["patient_id"][beyond], said, is_age) for beyond, said, is_age in kinds if beyond.any()]


def _remark(patients: pd.Series[str], said: str, is_age: bool) -> str:
    names = patients.unique().tolist()
    one, many = ("patient is", "patients are") if is_age else ("patient has", "patients have")
    return f"{counted(len(names), one, many)} {said}: {few_of(names)}"
