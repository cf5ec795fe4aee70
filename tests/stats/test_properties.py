"""What holds of the statistics whatever the scores."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kseg.stats.anova import one_way_anova, welch_anova
from kseg.stats.assumptions import levene, shapiro_wilk
from kseg.stats.describe import describe_groups
from kseg.stats.equivalence import equivalence_to_control
from kseg.stats.holm import holm
from kseg.stats.pairs import games_howell
from kseg.stats.power import smallest_effect
from kseg.stats.ranks import kruskal_wallis
from kseg.stats.trend import spearman_with_egfr

GROUPS = ["control", "mild", "moderate", "severe"]
OF_ALL = [one_way_anova, welch_anova, kruskal_wallis, levene, shapiro_wilk, smallest_effect]
EGFR = dict(zip(GROUPS, (105.0, 75.0, 45.0, 15.0), strict=True))

dice = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
some_patients = st.lists(dice, max_size=7)
four_groups = st.lists(some_patients, min_size=4, max_size=4).map(lambda values: dict(zip(GROUPS, values, strict=True)))
spread_groups = st.lists(st.lists(dice, min_size=3, max_size=7, unique=True), min_size=4, max_size=4).map(
    lambda values: dict(zip(GROUPS, values, strict=True))
)


def table_of(values):
    rows = [
        (f"{group}{place}", group, "both", "cortex", "dice", value, EGFR[group] + place)
        for group, column in values.items()
        for place, value in enumerate(column)
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "side", "structure", "metric", "value", "egfr"])


def tost(scores, groups=GROUPS, margin=0.02):
    return equivalence_to_control(scores, groups, margins={"dice": margin})


def all_findings(scores):
    tests = [*OF_ALL, tost, games_howell, spearman_with_egfr]
    return [finding for test in tests for finding in test(scores, GROUPS)]


def numbers(finding):
    return [finding.n, finding.statistic, finding.p, finding.effect, finding.ci_low, finding.ci_high]


@settings(max_examples=25, deadline=None)
@given(four_groups, st.randoms(use_true_random=False))
def test_the_order_of_patients_is_of_no_account(values, random):
    scores = table_of(values)
    shuffled = scores.sample(frac=1, random_state=random.randrange(2**31))
    for first, second in zip(all_findings(scores), all_findings(shuffled), strict=True):
        assert first.note == second.note
        assert numbers(first) == pytest.approx(numbers(second), rel=1e-6, abs=1e-9, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(four_groups)
@example({"control": [], "mild": [], "moderate": [0.0] * 6 + [0.01], "severe": [0.0] * 5 + [0.002, 0.008]})
def test_p_is_a_probability_and_what_has_none_says_why(values):
    for finding in all_findings(table_of(values)):
        assert np.isnan(finding.p) or 0 <= finding.p <= 1
        assert not np.isnan([finding.p, finding.effect]).all() or finding.note.startswith("not computed")
        if not np.isnan(finding.ci_low):
            assert finding.ci_low <= finding.ci_high


@settings(max_examples=40, deadline=None)
@given(spread_groups, st.permutations(GROUPS[1:]))
def test_what_the_other_groups_are_called_is_of_no_account(values, renamed):
    scores = table_of(values)
    other = scores.assign(group=scores["group"].replace(dict(zip(GROUPS[1:], renamed, strict=True))))
    for test in OF_ALL:
        for first, second in zip(test(scores, GROUPS), test(other, GROUPS), strict=True):
            assert numbers(first) == pytest.approx(numbers(second), rel=1e-6, abs=1e-9, nan_ok=True)
    of = {finding.contrast: finding for finding in tost(other)}
    for finding, new in zip(tost(scores), renamed, strict=True):
        assert finding.p == pytest.approx(of[f"{new} - control"].p)


@settings(max_examples=60, deadline=None)
@given(spread_groups, st.floats(0.1, 10), st.floats(-5, 5))
def test_welchs_f_knows_neither_unit_nor_zero(values, scale, shift):
    moved = {group: [scale * value + shift for value in column] for group, column in values.items()}
    (before,), (after,) = welch_anova(table_of(values), GROUPS), welch_anova(table_of(moved), GROUPS)
    assert after.df2 == pytest.approx(before.df2, rel=1e-6)
    assert after.statistic == pytest.approx(before.statistic, rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(spread_groups, st.floats(0.001, 0.5), st.floats(1.01, 10))
def test_a_wider_margin_never_makes_equivalence_harder(values, margin, wider):
    scores = table_of(values)
    for narrow, wide in zip(tost(scores, margin=margin), tost(scores, margin=margin * wider), strict=True):
        assert wide.p <= narrow.p


@settings(max_examples=60, deadline=None)
@given(spread_groups, st.floats(0.001, 0.5))
def test_a_group_is_equivalent_exactly_where_its_interval_lies_within_the_margin(values, margin):
    # Schuirmann 1987: two one-sided tests at alpha and the interval at 1 - 2 alpha are one decision
    for finding in tost(table_of(values), margin=margin):
        assume(abs(finding.p - 0.05) > 1e-9)
        assert (finding.p < 0.05) == (-margin < finding.ci_low and finding.ci_high < margin)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=12))
def test_holm_only_raises_keeps_the_order_and_leaves_out_what_is_missing(p):
    before, after = pd.Series(p, dtype=float), holm(pd.Series(p, dtype=float))
    assert (before.isna() == after.isna()).all()
    assert (after.dropna() >= before.dropna()).all()
    assert after.dropna().between(0, 1).all()
    assert after[before.sort_values().index].dropna().is_monotonic_increasing
    assert holm(before.dropna()).tolist() == after.dropna().tolist()


@settings(max_examples=30, deadline=None)
@given(four_groups)
def test_nobody_is_lost_between_the_rows_of_groups(values):
    scores = table_of(values | {"severe": []}).assign(value=lambda rows: rows["value"].where(rows["value"] > 0.1))
    described = describe_groups(scores, groups=GROUPS, confidence=0.95, resamples=19, seed=1)
    if len(scores):
        counts = (described["n"] + described["n_missing"]).tolist()
        assert sum(counts[:-1]) == counts[-1] == len(scores)
    within = described.dropna(subset="ci_low")
    assert (within["ci_low"] <= within["mean"]).all()
    assert (within["mean"] <= within["ci_high"]).all()
