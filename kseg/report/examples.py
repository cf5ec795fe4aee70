"""Which patients does the page show: the best, the median and the worst."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

RANKED_BY = ("cortex", "parenchyma")
"""The structure whose Dice ranks the patients; the second where nobody has the first."""


@dataclass(frozen=True)
class Example:
    """A patient to be shown.

    Args:
        case_id: As in the cohort.
        group: The patient's.
        rank: `best`, `median` or `worst`.
        ranked_by: The structure whose Dice decided.
        dice: By structure; those that the patient's outlines show.
    """

    case_id: str
    group: str
    rank: str
    ranked_by: str
    dice: dict[str, float]


def choose_examples(metrics: pd.DataFrame) -> list[Example]:
    """Choose the patients.

    Args:
        metrics: As in metrics.csv, one row a patient, structure and metric.

    Returns:
        At most three different patients, from best to worst; fewer when fewer have a Dice.
    """
    dice = metrics[metrics["metric"] == "dice"]
    for structure in RANKED_BY:
        ranked = dice[dice["structure"] == structure].dropna(subset="value").sort_values("value", ascending=False)
        if len(ranked):
            places = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
            chosen = {place: rank for rank, place in reversed(places.items())}
            return [_example(dice, ranked.iloc[place], chosen[place], structure) for place in sorted(chosen)]
    return []


def _example(dice: pd.DataFrame, row: pd.Series, rank: str, ranked_by: str) -> Example:
    own = dice[dice["case_id"] == row["case_id"]].dropna(subset="value")
    return Example(
        case_id=str(row["case_id"]),
        group=str(row["group"]),
        rank=rank,
        ranked_by=ranked_by,
        dice=dict(zip(own["structure"], own["value"], strict=True)),
    )
