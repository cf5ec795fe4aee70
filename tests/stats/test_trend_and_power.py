"""Rank correlation, detectable effects and Holm's correction against R 4.2.2; the calls stand beside the values."""

import numpy as np
import pandas as pd
import pytest

from kseg.stats.holm import holm
from kseg.stats.power import detectable_f, smallest_effect, welch_df2
from kseg.stats.trend import spearman_with_egfr

CLOSE = 2e-9
"""R printed ten digits."""

# datasets: cars (with ties) and longley, GNP against Unemployed (without)
SPEED = [
    4,
    4,
    7,
    7,
    8,
    9,
    10,
    10,
    10,
    11,
    11,
    12,
    12,
    12,
    12,
    13,
    13,
    13,
    13,
    14,
    14,
    14,
    14,
    15,
    15,
    15,
    16,
    16,
    17,
    17,
]
SPEED += [17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25]
STOPPED = [2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26, 54, 32, 40]
STOPPED += [32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85]
GNP = [234.289, 259.426, 258.054, 284.599, 328.975, 346.999, 365.385, 363.112, 397.469, 419.18, 442.769, 444.546]
GNP += [482.704, 502.601, 518.173, 554.894]
UNEMPLOYED = [
    235.6,
    232.5,
    368.2,
    335.1,
    209.9,
    193.2,
    187,
    357.8,
    290.4,
    282.2,
    293.6,
    468.1,
    381.3,
    393.1,
    480.6,
    400.7,
]


@pytest.mark.parametrize(
    ("value", "egfr", "expected"),
    [
        (SPEED, STOPPED, (0.830356838833, 8.824558438e-14, 0.6951003172, 0.9088390336)),
        (GNP, UNEMPLOYED, (0.6382352941, 0.007801138631, 0.1574786926, 0.8744258602)),
    ],
    ids=["cars", "longley"],
)
def test_spearman_equals_r(scores_of, value, egfr, expected):
    # cor.test(value, egfr, method = "spearman", exact = FALSE): rho, p;
    # tanh(atanh(rho) -+ qnorm(.975) * sqrt((1 + rho^2 / 2) / (n - 3)))
    (found,) = spearman_with_egfr(scores_of({"a": value}).assign(egfr=np.array(egfr, float)), ["a"])
    assert found.effect == found.statistic
    assert (found.effect, found.p, found.ci_low, found.ci_high) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("groups", "n", "alpha", "f"),
    [(4, 6, 0.05, 0.7437574455), (4, 6, 0.01, 0.9282200025), (3, 10, 0.05, 0.599682741), (3, 10, 0.01, 0.7428115326)],
)
def test_the_smallest_effect_equals_r(scores_of, groups, n, alpha, f):
    # power.anova.test(groups, n, within.var = 1, power = .8, sig.level = alpha)$between.var: sqrt(it * (k - 1) / k);
    # R seeks the root to .Machine$double.eps^.25
    values = {name: np.arange(float(n)) for name in "abcd"[:groups]}
    found, _ = smallest_effect(scores_of(values), list(values), power=0.8, alpha=alpha)
    assert found.effect == pytest.approx(f, abs=1.2e-4)
    assert f"by the one-way ANOVA in 80% of such studies at p < {alpha:g} before correction" in found.note


def test_the_smallest_effect_in_unequal_groups_equals_r():
    # uniroot over f of pf(qf(.95, 3, 38), 3, 38, ncp = f^2 * 42, lower.tail = FALSE) - .8
    assert detectable_f(3, 38, 42, power=0.8, alpha=0.05) == pytest.approx(0.536490932, rel=CLOSE)


@pytest.mark.parametrize(
    ("sizes", "df2", "f"), [((6, 6, 6, 6), 11.11111111, 0.8057166375), ((16, 12, 8, 6), 16.00064712, 0.5763886598)]
)
def test_the_smallest_effect_of_welch_equals_r(scores_of, sizes, df2, f):
    # (k^2 - 1) / (3 * sum((1 - s / n)^2 / (s - 1))); uniroot over f of pf(qf(.95, k - 1, df2), k - 1, df2, ncp = f^2 n)
    assert welch_df2(sizes) == pytest.approx(df2, rel=CLOSE)
    assert detectable_f(3, df2, sum(sizes), power=0.8, alpha=0.05) == pytest.approx(f, rel=1e-8)
    values = {name: np.arange(float(size)) for name, size in zip("abcd", sizes, strict=True)}
    _, found = smallest_effect(scores_of(values), list(values))
    assert (found.contrast, found.df1, found.n) == ("groups (Welch)", 3, sum(sizes))
    assert (found.df2, found.effect) == (pytest.approx(df2, rel=CLOSE), pytest.approx(f, rel=1e-8))
    assert (
        found.note == "found by Welch's ANOVA in 80% of such studies at p < 0.05 before correction; if all vary alike"
    )


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.001, 0.04, 0.04, 0.9, 0.02, 0.6], [0.006, 0.16, 0.16, 1, 0.1, 1]),
        ([0.0356, 0.0097, np.nan, 0.2], [0.0712, 0.0291, np.nan, 0.2]),
    ],
)
def test_holm_equals_r_with_ties_and_with_what_is_missing(p, expected):
    # p.adjust(p, "holm"); R leaves NA out of the count too
    assert holm(pd.Series(p)).tolist() == pytest.approx(expected, nan_ok=True)
