"""How does every setting stand with every patient, the missed kidneys included?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kseg.scales import is_known, lower_is_better, unbounded

Values = NDArray[np.float64]

DIGITS = 12
"""To which values are compared, so that rounding breaks no tie."""


@dataclass(frozen=True)
class Standing:
    """The patients' values of one structure and metric under every setting.

    Args:
        metric: Its name.
        settings: In the order of the columns.
        values: Shape (patients, settings), NaN where there is none.
        unscored: Settings that were never scored by this metric, which is not to miss a kidney.
    """

    metric: str
    settings: tuple[str, ...]
    values: Values
    unscored: tuple[str, ...]

    @property
    def missing_is_worst(self) -> bool:
        """Whether a patient with one setting's value but not another's counts, the other as worst."""
        return unbounded(self.metric)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Which patients have a value of every setting, shape (patients,)."""
        complete: NDArray[np.bool_] = np.isfinite(self.values).sum(axis=1) == len(self.settings)
        return complete

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which patients can be compared, shape (patients,): by distances also those whom only some settings missed."""
        return np.isfinite(self.values).sum(axis=1) > 0 if self.missing_is_worst else self.complete

    @property
    def missing(self) -> tuple[int, ...]:
        """Of each setting, how many patients have no value."""
        return tuple(int(count) for count in np.isnan(self.values).sum(axis=0))

    def comparable(self) -> Values:
        """The values of the counted patients, infinite where a missing one counts as worst; (counted, settings)."""
        values = np.round(self.values[self.counted], DIGITS)
        return np.where(np.isnan(values), np.inf, values)

    def points(self) -> Values:
        """What is averaged to rank by, more being better, shape (counted, settings).

        The value itself, turned round where less is better. Of distances the patient's ranks of the settings, turned
        round: no mean can hold a missing one.
        """
        values = self.comparable()
        if self.missing_is_worst:
            return -stats.rankdata(values, axis=1) if values.size else values
        return -values if lower_is_better(self.metric) else values

    def remarks(self) -> list[str]:
        """Say who does not count, or counts as worst, and what is not known; for a note."""
        nowhere = int((~self.counted).sum())
        partly = int((self.counted & ~self.complete).sum())
        if self.unscored:
            return []
        return [
            *([f"{nowhere} without a value left out"] if nowhere else []),
            *([f"{partly} without a distance in some setting, which counts as worst there"] if partly else []),
            *([] if is_known(self.metric) else [f"whether more {self.metric} is better is not known; taken to be so"]),
        ]


def standing(table: pd.DataFrame, settings: Sequence[str], metric: str) -> Standing:
    """Set the settings beside one another, patient by patient.

    Args:
        table: Of one structure and metric, with `setting`, `case_id` and `value`; a row that is not there is missing.
        settings: In the order of the columns.
        metric: Its name.
    """
    wide = table.pivot(index="case_id", columns="setting", values="value").reindex(columns=list(settings))
    scored = set(table["setting"])
    unscored = tuple(setting for setting in settings if scored and setting not in scored)
    return Standing(metric, tuple(settings), wide.to_numpy(np.float64), unscored)
