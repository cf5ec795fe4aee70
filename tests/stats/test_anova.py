"""One-way analysis of variance."""

import numpy as np
import pytest
from scipy import stats

from kseg.stats.anova import one_way_anova
from kseg.stats.effect import omega_squared

NAN = float("nan")


def test_it_equals_r_on_plant_growth(scores_of, plant_growth):
    # R 4.2.2: anova(lm(weight ~ group, PlantGrowth)): F 4.84609, 2 and 27 degrees of freedom, p 0.01591
    (found,) = one_way_anova(scores_of(plant_growth), list(plant_growth))
    assert found.statistic == pytest.approx(4.84609, abs=5e-6)
    assert (found.df1, found.df2, found.n) == (2, 27, 30)
    assert found.p == pytest.approx(0.01591, abs=5e-6)
    assert found.note == ""
    assert found.verdict == ""


def test_it_equals_r_on_chick_weights(scores_of, chick_weights):
    # R 4.2.2: anova(lm(weight ~ feed, chickwts)): F 15.3648, 5 and 65 degrees of freedom, p 5.9364e-10
    (found,) = one_way_anova(scores_of(chick_weights), list(chick_weights))
    assert found.statistic == pytest.approx(15.3648, abs=5e-5)
    assert (found.df1, found.df2, found.n) == (5, 65, 71)
    assert found.p == pytest.approx(5.9364e-10, rel=1e-4)


@pytest.mark.parametrize("data", ["plant_growth", "chick_weights"])
def test_it_equals_scipy(scores_of, data, request):
    values = request.getfixturevalue(data)
    (found,) = one_way_anova(scores_of(values), list(values))
    expected = stats.f_oneway(*values.values())
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_omega_squared_equals_its_formula_by_hand(scores_of, plant_growth):
    # Sums of squares as R prints them for PlantGrowth, (SSb - df1 MSw) / (SSb + SSw + MSw):
    # (3.76634 - 2 * 0.388596) / (3.76634 + 10.49209 + 0.388596) = 0.2041
    (found,) = one_way_anova(scores_of(plant_growth), list(plant_growth))
    assert found.effect_name == "omega_squared"
    assert found.effect == pytest.approx(0.2041, abs=5e-5)
    assert omega_squared(4.84609, 2, 27) == pytest.approx(found.effect, abs=1e-6)


def test_an_omega_squared_below_its_own_interval_is_explained(scores_of):
    # by hand: means of 2 and 2, F = 0, so that omega squared is (0 - 1) / (0 - 1 + 6) = -0.2, and shares are 0 to 1
    (found,) = one_way_anova(scores_of({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}), ["a", "b"])
    assert found.effect == pytest.approx(-0.2)
    assert found.ci_low == 0
    assert found.note == "omega squared is corrected for chance, and may lie below 0 where its interval cannot"


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"a": [0.8, 0.8], "b": [0.8, 0.8]}, "not computed: the values within each group are identical"),
        ({"a": [0.8, 0.8], "b": [0.9, 0.9]}, "not computed: the values within each group are identical"),
        ({"a": [0.3, 0.1 + 0.2], "b": [0.9, 0.9]}, "not computed: the values within each group are identical"),
        ({"a": [0.8], "b": [0.9]}, "not computed: no group has two values; a: one patient only; b: one patient only"),
        ({"a": [0.8, 0.7], "b": []}, "not computed: fewer than two groups have values; b: no patient with a value"),
        (
            {"a": [NAN, NAN], "b": [NAN]},
            "not computed: fewer than two groups have values; a: no patient with a value; b: no patient with a value; "
            "without a value: 2 of a, 1 of b",
        ),
    ],
)
def test_what_cannot_be_tested_is_a_row_that_says_why(scores_of, values, note):
    (found,) = one_way_anova(scores_of(values), list(values))
    assert np.isnan([found.statistic, found.df1, found.df2, found.p, found.effect]).all()
    assert found.note == note
    assert found.n == sum(not np.isnan(value) for column in values.values() for value in column)


def test_equal_means_have_an_f_of_nothing_and_a_p_of_one(scores_of):
    # Both means are .01 / 7, so that by hand F is 0; the sum of squares that SciPy 1.17 finds is -3e-17
    values = {"a": [0.0] * 6 + [0.01], "b": [0.0] * 5 + [0.002, 0.008]}
    for order in (["a", "b"], ["b", "a"]):
        for turned in (values, {group: column[::-1] for group, column in values.items()}):
            (found,) = one_way_anova(scores_of(turned), order)
            assert (found.statistic, found.p) == pytest.approx((0, 1), abs=1e-6)
            assert found.statistic >= 0


def test_a_cohort_without_groups_is_a_row_that_says_so(scores_of):
    (found,) = one_way_anova(scores_of({"": [0.8, 0.7, NAN]}), ["a", "b"])
    assert found.note == "not computed; none of 3 patients has a group"


def test_a_group_of_one_is_tested_and_named(scores_of):
    values = {"a": [0.8, 0.7, 0.75], "b": [0.9, 0.8, 0.86], "c": [0.5]}
    (found,) = one_way_anova(scores_of(values), list(values))
    assert (found.df1, found.df2) == (2, 4)
    assert found.p == pytest.approx(stats.f.sf(found.statistic, 2, 4))
    assert found.note == "c: one patient only"


def test_patients_without_a_value_or_a_group_are_counted(scores_of):
    values = {"a": [0.8, 0.7, NAN], "b": [0.9, 0.8, 0.86], "": [0.9, 0.1]}
    (found,) = one_way_anova(scores_of(values), ["a", "b"])
    assert found.n == 5
    assert found.statistic == pytest.approx(stats.f_oneway([0.8, 0.7], [0.9, 0.8, 0.86]).statistic)
    assert found.note == "without a value: 1 of a; without a group: 2"
