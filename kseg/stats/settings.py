"""Do settings differ, patient by patient, and by how much?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from kseg.stats.finding import TEST_COLUMNS, Finding
from kseg.stats.holm import holm
from kseg.stats.signed_ranks import LARGEST, signed_rank_interval
from kseg.stats.standing import DIGITS, Standing, Values, standing

EXACT_UP_TO = 50
"""Differences, all unlike, of which SciPy's p is exact; of tied ones that many fewer."""
EXACT_TIED_UP_TO = 13


def compare_settings(table: pd.DataFrame, *, settings: Sequence[str], confidence: float) -> pd.DataFrame:
    """Test whether settings differ, patient by patient.

    Friedman's test over all of them, corrected by Holm over the structures of one metric; Wilcoxon's signed ranks of
    every pair, corrected over the pairs of one structure and metric. Signed errors are compared too, which asks whether
    one is more biased upwards. By distances a missed kidney counts as worse than any that was found; a pair leaves out
    whom both missed. By other metrics a pair leaves out who lacks a value of either, Friedman's test who lacks one of
    any. Notes count them.

    Args:
        table: From `kseg.stats.pooling.over_rounds`.
        settings: In order.
        confidence: Of the intervals, as 0.95.

    Returns:
        `TEST_COLUMNS`; a pair's effect is the Hodges-Lehmann estimate of its differences, later minus earlier, with
        its interval, exact where no differences are tied. Differences of 0 drop out of the test, as Wilcoxon had it,
        and stay in the estimate. What cannot be computed says why.

    References:
        Friedman M. J Am Stat Assoc 1937;32(200):675-701. Wilcoxon F. Biometrics Bull 1945;1(6):80-83. Ranks of the
        missing: Lachin JM. Worst-rank score analysis. Control Clin Trials 1999;20(5):408-422.
    """
    rows = []
    for (structure, metric), scores in table.groupby(["structure", "metric"], sort=False):
        pairs = [
            wilcoxon_between(standing(scores, pair, str(metric)), confidence) for pair in combinations(settings, 2)
        ]
        found = {"friedman": [friedman_between(standing(scores, settings, str(metric)))], "wilcoxon": pairs}
        rows += [
            {"structure": structure, "metric": metric, "test": test, **asdict(finding)}
            for test, findings in found.items()
            for finding in findings
        ]
    tests = pd.DataFrame(rows, columns=list(TEST_COLUMNS))
    over_all = tests["test"] == "friedman"
    over_structures = tests[over_all].groupby("metric")["p"].transform(holm)
    over_pairs = tests[~over_all].groupby(["structure", "metric"])["p"].transform(holm)
    return tests.assign(p_holm=pd.concat([over_structures, over_pairs]).astype(float))


def friedman_between(stands: Standing) -> Finding:
    """Test whether any setting differs; see `compare_settings`."""
    values = stands.comparable()
    patients, settings = values.shape
    nothing = Finding("settings", patients, note=_why_not(stands, values, fewest_settings=3))
    if nothing.note:
        return nothing.noting(*stands.remarks())
    found = stats.friedmanchisquare(*stats.rankdata(values, axis=1).T)
    statistic, p = float(found.statistic), float(found.pvalue)
    concordance = statistic / (patients * (settings - 1))
    return replace(
        nothing, statistic=statistic, df1=settings - 1, p=p, effect_name="kendall_w", effect=concordance
    ).noting(*stands.remarks())


def wilcoxon_between(stands: Standing, confidence: float) -> Finding:
    """Test whether two settings differ; see `compare_settings`."""
    earlier, later = stands.settings
    values = stands.comparable()
    nothing = Finding(f"{later} - {earlier}", len(values), note=_why_not(stands, values, fewest_settings=2))
    if nothing.note:
        return nothing.noting(*stands.remarks())
    differences = np.round(values[:, 1] - values[:, 0], DIGITS)
    found = stats.wilcoxon(differences)
    estimate, low, high = signed_rank_interval(differences, confidence)
    return replace(
        nothing,
        statistic=float(found.statistic),
        p=float(found.pvalue),
        effect_name="hodges_lehmann",
        effect=_finite(estimate),
        ci_low=_finite(low),
        ci_high=_finite(high),
    ).noting(*stands.remarks(), *_about_zeros(differences), *_about_interval(differences, low, high))


def _why_not(stands: Standing, values: Values, *, fewest_settings: int) -> str:
    patients, settings = values.shape
    if stands.unscored:
        return f"not computed: no such score of {', '.join(stands.unscored)}"
    if settings < fewest_settings:
        return "not computed: fewer than three settings"
    if patients < 2:
        return "not computed: fewer than two patients"
    if (values == values[:, :1]).all():
        return f"not computed: {'both' if settings == 2 else 'all'} settings are the same in every patient"
    return ""


def _about_zeros(differences: Values) -> list[str]:
    zeros = int((differences == 0).sum())
    other = np.abs(differences[differences != 0])
    tied = zeros > 0 or len(np.unique(other)) < len(other)
    exact = len(differences) <= (EXACT_TIED_UP_TO if tied else EXACT_UP_TO)
    return [
        *([f"{zeros} without a difference, not in the test"] if zeros else []),
        *([] if exact else ["p by the normal approximation"]),
    ]


def _about_interval(differences: Values, low: float, high: float) -> list[str]:
    if len(differences) > LARGEST:
        return [f"no interval: more than {LARGEST} patients"]
    if len(set(np.sign(differences[np.isinf(differences)]))) > 1:
        return ["no estimate: each setting missed patients whom the other found"]
    if math.isnan(low):
        return [f"no interval: {len(differences)} patients are too few"]
    return ["the interval has no end on the side of the missed"] if math.isinf(low) or math.isinf(high) else []


def _finite(number: float) -> float:
    return number if math.isfinite(number) else math.nan
