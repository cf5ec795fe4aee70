"""How far do the means of two groups lie apart, each group with a variance of its own?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kseg.stats.obstacles import Values


@dataclass(frozen=True)
class Difference:
    """The difference of two means.

    Args:
        mean: In the values' unit.
        standard_error: Likewise.
        df: Welch's and Satterthwaite's degrees of freedom.
    """

    mean: float
    standard_error: float
    df: float

    @property
    def t(self) -> float:
        """The difference in standard errors."""
        return self.mean / self.standard_error


def difference(first: Values, second: Values) -> Difference:
    """Take the mean of the second from that of the first.

    Args:
        first: Two values at least, without NaN.
        second: Likewise; in one of the two they differ.

    Reference:
        Welch BL. The generalization of "Student's" problem when several different population variances are involved.
        Biometrika 1947;34(1/2):28-35.
    """
    shares = [float(values.var(ddof=1)) / len(values) for values in (first, second)]
    squared = sum(shares)
    df = squared**2 / sum(share**2 / (len(v) - 1) for share, v in zip(shares, (first, second), strict=True))
    return Difference(float(first.mean() - second.mean()), math.sqrt(squared), df)
