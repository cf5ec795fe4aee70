"""Which patients are to be placed, and in what order does chance take them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kseg.errors import InputError


def patients_by_group(cohort: pd.DataFrame) -> dict[str, list[str]]:
    """Count every patient once; whose CTs lie in several groups counts in the group of the first, by case_id.

    Args:
        cohort: With the columns `case_id`, `patient_id` and `group`.

    Returns:
        The patients of every group, both sorted, whatever the order of the rows; those without a group under "".
    """
    first = cohort.sort_values("case_id").drop_duplicates("patient_id")
    return {str(group): sorted(patients) for group, patients in first.groupby("group")["patient_id"]}


def drawn(patients: Sequence[str], group: str, *stream: int) -> list[str]:
    """Shuffle the patients of one group; the draw depends on them, the group's name and the stream alone.

    Args:
        patients: In a fixed order.
        group: Its name.
        stream: The seed, and whatever else tells one draw from another.

    Returns:
        The same patients in a random order.

    Raises:
        InputError: A number of the stream is negative or not whole.
    """
    odd = [number for number in stream if not isinstance(number, int) or number < 0]
    if odd:
        raise InputError([f"split: the seed is {number!r}; a whole number from 0 up is needed" for number in odd])
    order: list[str] = np.random.default_rng([*stream, *group.encode()]).permutation(patients).tolist()
    return order


def placed(cohort: pd.DataFrame, split_of: Mapping[str, str]) -> pd.DataFrame:
    """Give all CTs of a patient the patient's split.

    Args:
        cohort: With the column `patient_id`.
        split_of: Of every patient.

    Returns:
        The cohort with its column `split` filled.
    """
    return cohort.assign(split=cohort["patient_id"].map(dict(split_of)).astype("str"))
