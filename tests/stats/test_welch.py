"""Analyses of groups with unequal variances, of ranks, of assumptions: against pingouin, SciPy, statsmodels and R."""

import warnings

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats

from kseg.stats.anova import one_way_anova, welch_anova
from kseg.stats.assumptions import levene, shapiro_wilk
from kseg.stats.effect import hedges_g, omega_squared_interval
from kseg.stats.equivalence import equivalence_to_control
from kseg.stats.pairs import games_howell
from kseg.stats.power import detectable_f, smallest_effect
from kseg.stats.ranks import kruskal_wallis

NAN = float("nan")


@pytest.fixture(params=["plant_growth", "chick_weights"])
def data(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def long(data):
    return pd.DataFrame(
        [(group, float(v)) for group, column in data.items() for v in column], columns=["group", "value"]
    )


def test_welch_equals_pingouin_and_scipy(scores_of, data, long):
    (found,) = welch_anova(scores_of(data), list(data))
    row = pingouin.welch_anova(long, dv="value", between="group").iloc[0]
    assert (found.statistic, found.df1, found.df2) == pytest.approx((row["F"], row["ddof1"], row["ddof2"]))
    assert found.p == pytest.approx(row["p_unc"])
    assert found.statistic == pytest.approx(stats.f_oneway(*data.values(), equal_var=False).statistic)


def test_a_group_of_one_has_no_variance_and_is_left_out_with_that_said(scores_of, plant_growth):
    (found,) = welch_anova(scores_of({**plant_growth, "one": [4.0]}), [*plant_growth, "one"])
    (without,) = welch_anova(scores_of(plant_growth), list(plant_growth))
    assert found.p == without.p
    assert found.n == 30
    assert found.note == "groups of one are left out, 30 of 31 patients enter; one: one patient only"


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"a": [0.8, 0.9], "b": [0.9, 0.9]}, "not computed: the values within b are identical"),
        (
            {"a": [0.8, 0.9], "b": [0.7]},
            "not computed: fewer than two groups have two values; b: one patient only",
        ),
        ({"a": [0.8], "b": []}, "not computed: fewer than two groups have values; b: no patient with a value; a: one"),
        ({"a": [NAN], "b": [NAN]}, "not computed: fewer than two groups have values"),
    ],
)
def test_what_welch_cannot_test_says_why(scores_of, values, note):
    (found,) = welch_anova(scores_of(values), list(values))
    assert np.isnan(found.p)
    assert found.note.startswith(note)


def test_kruskal_equals_pingouin(scores_of, data, long):
    (found,) = kruskal_wallis(scores_of(data), list(data))
    row = pingouin.kruskal(long, dv="value", between="group").iloc[0]
    assert (found.statistic, found.df1, found.p) == pytest.approx((row["H"], row["ddof1"], row["p_unc"]))


def test_levene_equals_pingouin(scores_of, data, long):
    (found,) = levene(scores_of(data), list(data))
    row = pingouin.homoscedasticity(long, dv="value", group="group", method="levene").iloc[0]
    assert (found.statistic, found.p) == pytest.approx((row["W"], row["pval"]))


def test_shapiro_looks_at_what_the_means_leave_over(scores_of, plant_growth):
    # R 4.2.2: shapiro.test(residuals(lm(weight ~ group, PlantGrowth))): W 0.96607, p 0.4379
    (found,) = shapiro_wilk(scores_of(plant_growth), list(plant_growth))
    assert found.statistic == pytest.approx(0.96607, abs=5e-6)
    assert found.p == pytest.approx(0.4379, abs=5e-5)


def test_games_howell_equals_pingouin_and_scipy(scores_of, data, long):
    rows = games_howell(scores_of(data), list(data))
    found = {one.contrast: one for one in rows if one.effect_name == "mean_difference"}
    g = {one.contrast: one.effect for one in rows if one.effect_name == "hedges_g"}
    table = pingouin.pairwise_gameshowell(long, dv="value", between="group")
    assert len(found) == len(table)
    for row in table.to_dict("records"):
        sign, one = (
            (1, found.get(f"{row['A']} - {row['B']}"))
            if f"{row['A']} - {row['B']}" in found
            else (-1, found[f"{row['B']} - {row['A']}"])
        )
        assert one.statistic == pytest.approx(sign * row["T"])
        assert one.df2 == pytest.approx(row["df"])
        assert one.p == pytest.approx(row["pval"], abs=1e-6)
        assert one.effect == pytest.approx(sign * row["diff"])
        assert g[one.contrast] == pytest.approx(sign * row["hedges"], rel=2e-3)  # pingouin corrects by an approximation
    groups = list(data)
    both = stats.tukey_hsd(*data.values(), equal_var=False).confidence_interval()
    for earlier, later in ((0, 1), (1, 2)):
        one = found[f"{groups[later]} - {groups[earlier]}"]
        assert (one.ci_low, one.ci_high) == pytest.approx(
            (both.low[later, earlier], both.high[later, earlier]), rel=1e-4
        )


def test_games_howell_names_what_it_cannot_compare(scores_of):
    found = games_howell(scores_of({"a": [0.8, 0.9], "b": [0.7], "c": [0.8, 0.8]}), ["a", "b", "c"])
    assert [one.contrast for one in found] == ["b - a", "c - a", "c - a", "c - b"]
    assert found[0].note == "not computed: two values a group are needed, b has 1"
    assert found[1].p > 0


def test_hedges_g_by_hand():
    # means 3 and 2, pooled SD 1, 4 degrees of freedom: J(4) = gamma(2) / (sqrt(2) gamma(1.5)) = 0.797885
    assert hedges_g(np.array([2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(0.797885, abs=1e-6)


def test_equivalence_equals_pingouins_tost(scores_of, plant_growth):
    margin = 1.0
    for found in equivalence_to_control(scores_of(plant_growth), list(plant_growth), margins={"dice": margin}):
        group = found.contrast.split(" - ")[0]
        expected = pingouin.tost(plant_growth[group], plant_growth["ctrl"], bound=margin, correction=True).iloc[0]
        assert found.p == pytest.approx(expected["pval"])
        assert found.df2 == pytest.approx(expected["dof"])
        # the group is equivalent at 5 % exactly where the interval at 90 % lies within the margin
        assert (found.p < 0.05) == (-margin < found.ci_low and found.ci_high < margin)


def test_omega_squareds_interval_equals_statsmodels():
    # statsmodels' inversion of the noncentral F, an independent implementation
    from statsmodels.stats.oneway import confint_noncentrality

    for f, df1, df2 in ((3.467, 3, 20), (4.972, 3, 20), (0.4, 3, 20), (15.3648, 5, 65)):
        low, high = confint_noncentrality(f, (df1, df2), alpha=0.05)
        n = df1 + df2 + 1
        expected = (max(0.0, low) / (max(0.0, low) + n), high / (high + n))
        assert omega_squared_interval(f, df1, df2, confidence=0.95) == pytest.approx(expected, abs=1e-4)


def test_the_studys_design_sees_an_effect_of_three_quarters(scores_of):
    # Cohen 1988: four groups of six, alpha .05, power .80: f = .744; statsmodels agrees
    from statsmodels.stats.power import FTestAnovaPower

    found, _ = smallest_effect(scores_of({group: np.arange(6.0) for group in "abcd"}), list("abcd"))
    assert found.effect == pytest.approx(0.744, abs=5e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        power = FTestAnovaPower().power(effect_size=found.effect, nobs=24, alpha=0.05, k_groups=4)
    assert power == pytest.approx(0.8, abs=1e-6)
    assert detectable_f(2, 27, 30, power=0.8, alpha=0.05) < found.effect


def test_the_anova_carries_its_interval(scores_of, plant_growth):
    (found,) = one_way_anova(scores_of(plant_growth), list(plant_growth))
    assert found.ci_low < found.effect < found.ci_high
