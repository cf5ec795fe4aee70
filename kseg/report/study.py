"""What did the published study find, and what do its own numbers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from kseg.report.numbers import ALPHA, degrees_of_freedom, p_equals


@dataclass(frozen=True)
class Study:
    """A publication beside which a run is read.

    Args:
        name: As it is cited in a sentence.
        citation: In full.
        patients: In its test set.
        dice: The mean over all test patients, by structure.
        f_statistics: Of its analyses of variance between the groups.
        df1: Their degrees of freedom, the numerator's.
        df2: The denominator's.
        claim: What the study says of their p.
    """

    name: str
    citation: str
    patients: int
    dice: Mapping[str, float]
    f_statistics: Sequence[float]
    df1: int
    df2: int
    claim: str

    @property
    def p_values(self) -> list[float]:
        """What the F-statistics mean with their own degrees of freedom."""
        return [float(stats.f.sf(f, self.df1, self.df2)) for f in self.f_statistics]

    @property
    def remark(self) -> str:
        """What must be said wherever the study's tests are cited."""
        reported = " and ".join(f"{f:g}" for f in self.f_statistics)
        computed = " and ".join(p_equals(p) for p in self.p_values)
        against = f", all below {ALPHA:g}" if max(self.p_values) < ALPHA else ""
        return (
            f"It reports F = {reported} between the groups, “{self.claim}”; with its {degrees_of_freedom(self.df1)} "
            f"and {degrees_of_freedom(self.df2)} degrees of freedom these are {computed}{against}."
        )
