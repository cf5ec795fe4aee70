"""Do tests and intervals keep what they promise? Simulated, within what a binomial allows in 99.9 % of all cases."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kseg.stats.anova import one_way_anova, welch_anova
from kseg.stats.describe import mean_interval
from kseg.stats.equivalence import equivalence_to_control
from kseg.stats.power import detectable_f, welch_df2
from kseg.stats.ranks import kruskal_wallis
from kseg.stats.verdict import BOTH, DIFFERENT, EQUIVALENT, INCONCLUSIVE

GROUPS = ["control", "mild", "moderate", "severe"]
SDS = (0.01, 0.01, 0.02, 0.05)
SIZES = (16, 12, 8, 6)
"""The smallest group varies most: what happens where severe disease is rare and hard to outline."""
TIMES = 3000


def is_as_often(count, share, times):
    low, high = stats.binom.interval(0.999, times, share)
    print(f"{count} of {times}, {count / times:.4f}; {share:g} allows {low:g} to {high:g}")
    return low <= count <= high


def table_of(values, groups=GROUPS):
    names = np.repeat(groups, [len(one) for one in values])
    return pd.DataFrame({"group": names, "value": np.concatenate(values), "metric": "dice"})


@pytest.fixture(scope="module")
def rejections():
    """How often three tests reject a true null with unequal variances and sizes at 5 %, by name."""
    random = np.random.default_rng(17)
    tests = {"anova": one_way_anova, "welch": welch_anova, "kruskal": kruskal_wallis}
    found = dict.fromkeys(tests, 0)
    for _ in range(TIMES):
        scores = table_of([random.normal(0.9, sd, n) for sd, n in zip(SDS, SIZES, strict=True)])
        for name, test in tests.items():
            found[name] += test(scores, GROUPS)[0].p < 0.05
    return found


@pytest.mark.slow
def test_welch_keeps_its_level_under_unequal_variances(rejections):
    assert is_as_often(rejections["welch"], 0.05, TIMES)


@pytest.mark.slow
def test_the_anova_does_not(rejections):
    assert stats.binom.sf(rejections["anova"] - 1, TIMES, 0.10) < 0.001  # more than twice its level


@pytest.mark.slow
@pytest.mark.parametrize("severe", [0.88, 0.92], ids=["below", "above"])
def test_the_test_of_equivalence_keeps_its_level_at_either_margin(severe):
    random = np.random.default_rng(23)
    times, equivalent = 2000, 0
    for _ in range(times):
        scores = table_of([random.normal(0.9, 0.02, 30), random.normal(severe, 0.05, 30)], ["control", "severe"])
        equivalent += equivalence_to_control(scores, ["control", "severe"], margins={"dice": 0.02})[0].p < 0.05
    assert is_as_often(equivalent, 0.05, times)


@pytest.mark.slow
@pytest.mark.parametrize("n", [24, 6])
def test_the_bootstrap_interval_covers_the_mean_of_skewed_scores_as_often_as_students(n):
    # Dice is skewed to the left: 1 - Dice as a gamma with mean .1 and shape 4; 24 and 6 as the study's all and a group.
    # Student's interval of the same draws is the yardstick; McNemar's exact test tells whether one covers more often.
    random = np.random.default_rng(31)
    times, plain, alone = 1000, 0, {"ours": 0, "Student's": 0}
    for number in range(times):
        values = 1 - random.gamma(4, 0.1 / 4, n)
        low, high = mean_interval(values, confidence=0.95, resamples=1999, seed=number)
        student = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
        covers = {"ours": low < 0.9 < high, "Student's": student[0] < 0.9 < student[1]}
        for name in alone:
            alone[name] += covers[name] and sum(covers.values()) == 1
        if n == 6:
            found = stats.bootstrap((values,), np.mean, n_resamples=1999, rng=np.random.default_rng(number))
            plain += found.confidence_interval.low < 0.9 < found.confidence_interval.high
    print(alone)
    assert stats.binomtest(alone["ours"], sum(alone.values())).pvalue > 0.001
    assert n != 6 or is_as_often(plain, 0.85, times)  # SciPy's BCa at 95 %, as it is


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(6, 6, 6, 6), SIZES])
def test_welch_finds_the_effect_it_is_said_to_see(sizes):
    f = detectable_f(3, welch_df2(sizes), sum(sizes), power=0.8, alpha=0.05)
    means = np.arange(4.0) - np.average(np.arange(4), weights=sizes)
    means *= f / np.sqrt(np.average(means**2, weights=sizes))
    random = np.random.default_rng(41)
    times, found = 2000, 0
    for _ in range(times):
        values = [random.normal(mean, 1, n) for mean, n in zip(means, sizes, strict=True)]
        found += welch_anova(table_of(values), GROUPS)[0].p < 0.05
    assert is_as_often(found, 0.8, times)


def test_words_of_the_verdict_do_not_say_no_difference():
    assert all("no difference" not in word for word in (DIFFERENT, EQUIVALENT, BOTH, INCONCLUSIVE))
