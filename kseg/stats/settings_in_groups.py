"""Do settings differ within a group of patients?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations

import pandas as pd

from kseg.stats.finding import TEST_COLUMNS
from kseg.stats.holm import holm
from kseg.stats.settings import friedman_between, wilcoxon_between
from kseg.stats.standing import standing

COLUMNS = (*TEST_COLUMNS, "group")


def compare_settings_in_groups(
    table: pd.DataFrame, *, settings: Sequence[str], groups: Sequence[str], confidence: float
) -> pd.DataFrame:
    """Test within each group whether settings differ, patient by patient.

    The tests of `kseg.stats.settings.compare_settings`, of the group's patients alone. Holm's correction goes over all
    groups, and over all pairs in all of them, of one structure and metric: whoever looks for a group in which a setting
    stands out has looked into all.

    Args:
        table: From `kseg.stats.pooling.over_rounds`.
        settings: In order.
        groups: In order; one without a patient is passed over.
        confidence: Of the intervals.

    Returns:
        `COLUMNS`; the contrast names the group, too, as in `settings in severe`.
    """
    rows = []
    for (structure, metric), scores in table.groupby(["structure", "metric"], sort=False):
        present = [group for group in groups if (scores["group"] == group).any()]
        own = {group: scores[scores["group"] == group] for group in present}
        found = {
            "friedman": [(group, friedman_between(standing(own[group], settings, str(metric)))) for group in present],
            "wilcoxon": [
                (group, wilcoxon_between(standing(own[group], pair, str(metric)), confidence))
                for group in present
                for pair in combinations(settings, 2)
            ],
        }
        for test, findings in found.items():
            corrected = holm(pd.Series([finding.p for _, finding in findings], dtype=float))
            for (group, finding), p in zip(findings, corrected, strict=True):
                named = replace(finding, contrast=f"{finding.contrast} in {group}")
                row = {"structure": structure, "metric": metric, "test": test, **asdict(named)}
                rows.append({**row, "p_holm": p, "group": group})
    return pd.DataFrame(rows, columns=list(COLUMNS))
