"""Do the groups differ in their ranks, whatever the values' distribution?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.finding import Finding
from kseg.stats.obstacles import Values, compared


def kruskal_wallis(scores: pd.DataFrame, groups: Sequence[str]) -> list[Finding]:
    """Test whether values of one group tend to be larger than those of another.

    Args:
        scores: One structure and metric, a row a patient, with `group` and `value`.
        groups: In order.

    Returns:
        One finding with H, corrected for ties, and its degrees of freedom, and epsilon squared, `H / (n - 1)`; where H
        cannot be computed the note says why.

    Reference:
        Kruskal WH, Wallis WA. Use of ranks in one-criterion variance analysis. J Am Stat Assoc 1952;47(260):583-621.
    """

    def compute(by_group: dict[str, Values]) -> Finding:
        present = list(by_group.values())
        n = sum(map(len, present))
        if np.ptp(np.concatenate(present)) == 0:
            return Finding("groups", n, note="not computed: all values are the same")
        h, p = (float(number) for number in stats.kruskal(*present))
        df1 = len(present) - 1
        return Finding("groups", n, statistic=h, df1=df1, p=p, effect_name="epsilon_squared", effect=h / (n - 1))

    return compared(scores, groups, compute)
