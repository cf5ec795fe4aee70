"""What the tables may say of the groups."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from kseg.stats.anova import welch_anova
from kseg.stats.compare import compare_groups
from kseg.stats.equivalence import equivalence_to_control
from kseg.stats.kidneys import mixed_model
from kseg.stats.trend import rank_correlation_interval, spearman_with_egfr
from kseg.stats.verdict import with_verdicts

TESTS = {
    "welch_anova": welch_anova,
    "tost": lambda scores, groups: equivalence_to_control(scores, groups, margins={"dice": 0.02}),
}


def spread(mean, sd, n=8):
    """Values with exactly this mean and sample SD."""
    drawn = np.linspace(-1, 1, n)
    return mean + sd * (drawn - drawn.mean()) / drawn.std(ddof=1)


@pytest.mark.parametrize(
    ("severe", "sd", "verdict"),
    [
        (0.80, 0.005, "different"),
        (0.90, 0.005, "equivalent"),
        (0.89, 0.004, "different but within the margin"),
        (0.88, 0.060, "inconclusive"),
    ],
)
def test_the_four_verdicts(scores_of, severe, sd, verdict):
    scores = scores_of({"control": spread(0.9, sd), "severe": spread(severe, sd)})
    table = compare_groups(scores, groups=["control", "severe"], tests=TESTS)
    assert table.set_index("test").loc["welch_anova", "verdict"] == verdict


@pytest.mark.parametrize("severe", np.linspace(0.80, 1.0, 41).round(3))
def test_a_group_is_one_of_three_by_where_its_interval_lies(scores_of, severe):
    # The interval is SciPy's, of Welch's t test, at 90 %; of one structure, so that Holm's correction changes nothing.
    from scipy import stats

    control, other = spread(0.9, 0.02), spread(float(severe), 0.03)
    low, high = stats.ttest_ind(other, control, equal_var=False).confidence_interval(0.9)
    beyond, within = high < -0.02 or low > 0.02, low > -0.02 and high < 0.02
    expected = "not equivalent" if beyond else "equivalent" if within else "inconclusive"
    table = compare_groups(
        scores_of({"control": control, "severe": other}), groups=["control", "severe"], tests={"tost": TESTS["tost"]}
    )
    assert table["verdict"].tolist() == [expected]


def test_all_three_are_among_them(scores_of):
    means, sds = {"lower": 0.8, "same": 0.9, "wide": 0.88, "higher": 1.0}, {"wide": 0.06}
    values = {"control": spread(0.9, 0.005)} | {
        name: spread(mean, sds.get(name, 0.005)) for name, mean in means.items()
    }
    table = compare_groups(scores_of(values), groups=list(values), tests={"tost": TESTS["tost"]})
    assert table["verdict"].tolist() == ["not equivalent", "equivalent", "inconclusive", "not equivalent"]


@pytest.mark.parametrize(
    ("beyond", "structures", "verdict"),
    [
        ((0.04, 0.9, 0.9), 1, "inconclusive"),  # 3 x .04 = .12
        ((0.01, 0.9, 0.9), 1, "not equivalent"),  # 3 x .01 = .03
        ((0.01, 0.9, 0.9), 3, "inconclusive"),  # 3 x .03 = .09
        ((0.001, 0.9, 0.9), 3, "not equivalent"),  # 3 x .003 = .009
    ],
)
def test_some_group_is_not_equivalent_after_bonferroni_over_groups_and_holm_over_structures(
    beyond, structures, verdict
):
    # `beyond` are the p of each group's mean lying beyond the margin: what is left of 1 by its test of equivalence.
    rows = [
        {"structure": str(one), "metric": "dice", "test": "tost", "contrast": contrast, "p": 1 - p, "p_holm": 1.0}
        for one in range(structures)
        for contrast, p in zip("abc", beyond, strict=True)
    ]
    rows += [
        {"structure": str(one), "metric": "dice", "test": "welch_anova", "contrast": "groups", "p": 0.5, "p_holm": 1.0}
        for one in range(structures)
    ]
    table = with_verdicts(pd.DataFrame(rows).assign(verdict="", note=""), alpha=0.05)
    assert set(table.loc[table["test"] == "welch_anova", "verdict"]) == {verdict}
    assert table.loc[table["contrast"] == "a", "verdict"].tolist() == ["not equivalent"] * structures
    assert set(table.loc[table["contrast"].isin(["b", "c"]), "verdict"]) == {"inconclusive"}


def test_a_group_that_could_not_be_tested_is_not_equivalent(scores_of):
    scores = scores_of({"control": spread(0.9, 0.005), "mild": spread(0.9, 0.005), "severe": [0.9]})
    table = compare_groups(scores, groups=["control", "mild", "severe"], tests=TESTS).set_index("test")
    assert table.loc["welch_anova", "verdict"] == "inconclusive"
    assert table.loc["tost", "verdict"].tolist() == ["equivalent", ""]


def test_every_group_in_every_structure_is_one_claim_each_corrected_for_the_others():
    # By hand: the largest p of each structure is .04; Holm over three makes .12 of each, so that none is equivalent.
    p = {"parenchyma": (0.04, 0.001, 0.001), "cortex": (0.001, 0.04, 0.001), "medulla": (0.001, 0.001, 0.04)}
    rows = [
        {"structure": structure, "metric": "dice", "test": "tost", "contrast": contrast, "p": each, "p_holm": each}
        for structure, three in p.items()
        for contrast, each in zip("abc", three, strict=True)
    ]
    rows += [{"structure": one, "metric": "dice", "test": "welch_anova", "p": 0.5, "p_holm": 1.0} for one in p]
    table = with_verdicts(pd.DataFrame(rows).assign(verdict="", note=""), alpha=0.05)
    assert set(table.loc[table["test"] == "welch_anova", "verdict"]) == {"inconclusive"}
    alone = with_verdicts(pd.DataFrame(rows).query("structure == 'cortex'").assign(verdict="", note=""), alpha=0.05)
    assert set(alone.loc[alone["test"] == "welch_anova", "verdict"]) == {"equivalent"}


def with_missed(severe, metric):
    """Six patients a group, by whom nothing but who was missed tells the groups apart."""
    alike = list(spread(3.0, 0.1, 6))
    return {"control": alike, "mild": alike, "severe": severe}, {metric: 1.0}


@pytest.mark.parametrize("found", [[3.0, 3.1], []], ids=["two found", "none found"])
@pytest.mark.parametrize("metric", ["hd95_mm", "assd_mm"])
def test_groups_are_not_equivalent_by_the_distances_of_those_who_were_not_missed(scores_of, metric, found):
    # By hand: of six severe patients four or all were missed, so that no mean distance of severe can lie in the margin.
    lost = 6 - len(found)
    values, margins = with_missed([*found, *[np.nan] * lost], metric)
    tests = {"welch_anova": welch_anova, "tost": partial(equivalence_to_control, margins=margins)}
    table = compare_groups(scores_of(values, metric=metric), groups=list(values), tests=tests, metric=metric)
    table = table.set_index("contrast")
    why = "a missed structure has no distance, and those that were found cannot show equivalence"
    assert table.loc["mild - control", "verdict"] == "equivalent"
    assert table.loc["severe - control", "verdict"] == ""
    assert table.loc["severe - control", "note"] == f"not computed: {why}; without a value: {lost} of severe"
    assert table.loc["groups", "verdict"] == "inconclusive"
    assert table.loc["groups", "note"].endswith(f"without a value: {lost} of severe; equivalence not tested: {why}")


@pytest.mark.parametrize(
    ("severe", "metric"),
    [(list(spread(3.0, 0.1, 6)), "hd95_mm"), ([*spread(3.0, 0.1, 5), np.nan], "volume_error_ml")],
    ids=["nobody missed", "a metric that a missed structure has"],
)
def test_groups_may_be_equivalent_where_no_value_is_missing_for_being_bad(scores_of, severe, metric):
    values, margins = with_missed(severe, metric)
    tests = {"welch_anova": welch_anova, "tost": partial(equivalence_to_control, margins=margins)}
    table = compare_groups(scores_of(values, metric=metric), groups=list(values), tests=tests, metric=metric)
    assert set(table["verdict"]) == {"equivalent"}


def test_what_the_table_does_not_tell_stands_in_the_tests_of_all_groups(scores_of):
    scores = scores_of({"control": spread(0.9, 0.01), "severe": spread(0.8, 0.01)})
    table = compare_groups(scores, groups=["control", "severe"], tests=TESTS, remarks=["two CTs"]).set_index("test")
    assert table["note"].to_dict() == {"welch_anova": "two CTs", "tost": ""}


def test_what_could_not_be_computed_has_no_verdict(scores_of):
    scores = scores_of({"control": spread(0.9, 0.005), "severe": [0.0, 0.0, 0.0]})
    table = compare_groups(scores, groups=["control", "severe"], tests=TESTS).set_index("test")
    assert table.loc["welch_anova", "verdict"] == ""
    assert table.loc["welch_anova", "note"] == "not computed: the values within severe are identical"


def test_a_metric_without_a_margin_is_told(scores_of):
    scores = scores_of({"control": spread(2, 0.5), "severe": spread(2, 0.5)}, metric="hd95_mm")
    table = compare_groups(scores, groups=["control", "severe"], tests=TESTS, metric="hd95_mm").set_index("test")
    assert table.loc["tost", "note"] == "not computed: stats.margin names no margin for hd95_mm"


def test_spearman_equals_pingouin(scores_of):
    import pingouin

    random = np.random.default_rng(3)
    egfr = random.uniform(10, 110, 24)
    dice = 0.8 + egfr / 1000 + random.normal(0, 0.03, 24)
    scores = scores_of({"control": dice}).assign(egfr=egfr)
    (found,) = spearman_with_egfr(scores, ["control"])
    expected = pingouin.corr(dice, egfr, method="spearman").iloc[0]
    assert (found.statistic, found.p) == pytest.approx((expected["r"], expected["p_val"]))
    assert found.ci_low < found.effect < found.ci_high


def test_the_interval_of_a_rank_correlation_by_hand():
    # atanh(.5) = .549306; sqrt(1.125 / 21) = .231455; 1.959964 * .231455 = .453644: tanh(.095662), tanh(1.002950)
    assert rank_correlation_interval(0.5, 24, confidence=0.95) == pytest.approx((0.095371, 0.762828), abs=1e-5)


@pytest.mark.parametrize(
    ("egfr", "note"),
    [
        (None, "not computed: the table has no eGFR"),
        ([np.nan] * 4 + [50.0] * 2, "not computed: fewer than 4 patients have both; without a value or an eGFR: 4"),
        ([50.0] * 6, "not computed: all values are the same"),
    ],
)
def test_what_spearman_cannot_do_is_told(scores_of, egfr, note):
    scores = scores_of({"control": spread(0.9, 0.01, 6)})
    scores = scores if egfr is None else scores.assign(egfr=egfr)
    assert spearman_with_egfr(scores, ["control"])[0].note == note


def test_the_egfr_reaches_its_test_by_case(scores_of):
    scores = scores_of({"control": spread(0.9, 0.01, 6)})
    egfr = {case: 100.0 - number for number, case in enumerate(scores["case_id"])}
    table = compare_groups(scores, groups=["control"], tests={"spearman": spearman_with_egfr}, egfr=egfr)
    assert table["effect"].iloc[0] == pytest.approx(-1)


def kidneys(effect, patients=12, within=0.01, between=0.03):
    random = np.random.default_rng(8)
    rows = []
    for group, shift in (("control", 0.0), ("severe", effect)):
        for number in range(patients):
            own = random.normal(0, between)
            for side in ("left", "right"):
                value = 0.9 + shift + own + random.normal(0, within)
                rows.append({"case_id": f"{group}{number}", "group": group, "side": side, "value": value})
    return pd.DataFrame(rows)


def test_the_mixed_model_of_two_groups_is_welch_on_patient_means_when_kidneys_are_balanced():
    # For balanced data a random intercept tests the patients' means: F equals the squared t of an unpaired test.
    from scipy import stats

    table = kidneys(-0.05)
    (found,) = mixed_model(table, ["control", "severe"])
    means = table.groupby(["group", "case_id"])["value"].mean()
    expected = stats.ttest_ind(means["control"], means["severe"])
    assert found.statistic == pytest.approx(expected.statistic**2, rel=1e-3)
    assert (found.df1, found.df2, found.n) == (1, 22, 24)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-2)
    assert 0.7 < found.effect < 0.99  # of two kidneys of a patient, nine tenths are shared
    assert found.note == "48 kidneys"


def test_kidneys_that_cannot_be_modelled_are_told():
    assert mixed_model(kidneys(0).iloc[:0], ["control", "severe"]) == []
    assert mixed_model(kidneys(0).query("group == 'control'"), ["control", "severe"])[0].note.startswith("not computed")
    one_each = kidneys(0).query("side == 'left'")
    assert (
        mixed_model(one_each, ["control", "severe"])[0].note == "not computed: no patient has two kidneys with a value"
    )
