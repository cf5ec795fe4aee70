"""What could this design have seen at all?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from scipy import optimize, stats

from kseg.stats.finding import Finding
from kseg.stats.obstacles import Values, compared

LARGEST_F = 100.0


def smallest_effect(
    scores: pd.DataFrame, groups: Sequence[str], *, power: float = 0.8, alpha: float = 0.05
) -> list[Finding]:
    """Find the smallest effect that an analysis of variance of these groups would find with a given probability.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`; only the number of values counts.
        groups: In order.
        power: The probability.
        alpha: Level of the test.

    Returns:
        One finding with Cohen's f, the standard deviation of the groups' means in that of the patients, as effect.

    Reference:
        Cohen J. Statistical power analysis for the behavioral sciences. 2nd ed. Hillsdale: Erlbaum; 1988, chapter 8.
    """

    def compute(by_group: dict[str, Values]) -> Finding:
        present = list(by_group.values())
        n = sum(map(len, present))
        df1, df2 = len(present) - 1, n - len(present)
        f = detectable_f(df1, df2, power=power, alpha=alpha)
        said = f"found in {power:.0%} of such studies, at p < {alpha:g}"
        return Finding("groups", n, df1=df1, df2=df2, effect_name="cohens_f", effect=f, note=said)

    return compared(scores, groups, compute)


def detectable_f(df1: int, df2: int, *, power: float, alpha: float) -> float:
    """Cohen's f at which the analysis of variance rejects with the probability `power`.

    Args:
        df1: Groups minus one.
        df2: Patients minus groups.
        power: From `alpha` to 1.
        alpha: Level of the test.

    Returns:
        f; the noncentrality is f^2 times the number of patients.
    """
    critical = float(stats.f.isf(alpha, df1, df2))
    patients = df1 + df2 + 1

    def lack(f: float) -> float:
        return float(stats.ncf.sf(critical, df1, df2, f**2 * patients)) - power

    return float(optimize.brentq(lack, 0.0, LARGEST_F))
