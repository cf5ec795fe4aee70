"""How are p-values corrected for having looked several times?"""

from __future__ import annotations

import numpy as np
import pandas as pd


def holm(p: pd.Series) -> pd.Series:
    """Correct p-values for having looked several times.

    Args:
        p: Before the correction; NaN where a test could not be computed, which then counts for nothing.

    Returns:
        The corrected ones, NaN where they were.

    Reference:
        Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6(2):65-70.
    """
    ascending = p.dropna().sort_values()
    corrected = (ascending * np.arange(len(ascending), 0, -1)).cummax().clip(upper=1)
    return corrected.reindex(p.index)
