"""Which cases does the page show: of each group the best, the median and the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

RANKED_BY = ("cortex", "parenchyma")
"""The structure whose Dice ranks a group's cases; the second where none of them has the first."""


@dataclass(frozen=True)
class Example:
    """A case to be shown.

    Args:
        case_id: As in the cohort.
        group: The patient's; "" where there is none.
        rank: `best`, `median` or `worst` of its group; `only` where nobody else of it has a Dice.
        ranked_by: The structure whose Dice decided.
        dice: By structure; those that the case's outlines show.
    """

    case_id: str
    group: str
    rank: str
    ranked_by: str
    dice: dict[str, float]


def choose_examples(metrics: pd.DataFrame, groups: Sequence[str]) -> list[Example]:
    """Choose the cases.

    Args:
        metrics: As in metrics.csv, one row a case, structure and metric.
        groups: In order. Cases that are in none of them stand last, ranked among themselves.

    Returns:
        At most three different cases a group, from best to worst; fewer when fewer have a Dice.
    """
    dice = metrics[metrics["metric"] == "dice"]
    grouped = dice["group"].where(dice["group"].isin(list(groups)), "")
    return [example for group in (*groups, "") for example in _of_group(dice[grouped == group], group)]


def _of_group(dice: pd.DataFrame, group: str) -> list[Example]:
    for structure in RANKED_BY:
        ranked = dice[dice["structure"] == structure].dropna(subset="value")
        ranked = ranked.sort_values("value", ascending=False, kind="stable")
        if len(ranked):
            cases = ranked["case_id"].tolist()
            return [_example(dice, cases[place], group, rank, structure) for place, rank in _places(len(cases)).items()]
    return []


def _places(cases: int) -> dict[int, str]:
    """Of so many, from best to worst: who is shown, and as what. Of two the second is the worst and no median."""
    if cases == 1:
        return {0: "only"}
    return {0: "best", **({cases // 2: "median"} if cases > 2 else {}), cases - 1: "worst"}


def _example(dice: pd.DataFrame, case_id: str, group: str, rank: str, ranked_by: str) -> Example:
    own = dice[dice["case_id"] == case_id].dropna(subset="value")
    return Example(
        case_id=str(case_id),
        group=group,
        rank=rank,
        ranked_by=ranked_by,
        dice=dict(zip(own["structure"], own["value"], strict=True)),
    )
