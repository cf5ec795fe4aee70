"""The mixed model of single kidneys, against R."""

import numpy as np
import pandas as pd
import pytest

from kseg.stats.kidneys import mixed_model

CHICKS = {
    "1": [(93, 106), (103, 122), (99, 115), (87, 102), (106, 141), (124, 141)],
    "2": [(163, 217), (95, 108), (103, 127), (68, 70), (124, 146), (114, 136)],
    "3": [(102, 123), (129, 159), (111, 137), (134, 164), (158, 201), (116, 145)],
}
"""R's data set ChickWeight: chicks 1-6, 21-26 and 31-36 on three diets, on days 10 and 12 (Crowder and Hand 1990)."""


def table(pairs):
    rows = [
        {"case_id": f"{group}-{place}", "group": group, "side": side, "value": float(value)}
        for group, patients in pairs.items()
        for place, pair in enumerate(patients)
        for side, value in zip(("left", "right"), pair, strict=True)
    ]
    return pd.DataFrame(rows)


def test_balanced_kidneys_give_the_f_of_rs_error_strata():
    # R 4.2.2: summary(aov(weight ~ Diet + Error(Chick))); F(2, 15) of the stratum of chicks, and from its mean squares
    # 1583.617 and 354.6 (36 - 18 degrees of freedom) the variance between chicks, (1583.617 - 354.556) / 2
    (found,) = mixed_model(table(CHICKS), ["1", "2", "3"])
    assert (found.statistic, found.df1, found.df2) == (pytest.approx(1.54610929, rel=1e-4), 2, 15)
    assert found.p == pytest.approx(0.24518604, rel=1e-3)
    between = (1583.617 - 354.556) / 2
    assert found.effect == pytest.approx(between / (between + 354.556), rel=1e-3)
    assert found.n == 18
    assert found.note == "36 kidneys"


def test_kidneys_without_a_value_or_a_group_are_left_out_and_counted():
    kidneys = table(CHICKS)
    kidneys.loc[[0, 13], "value"] = np.nan
    strange = table({"": [(100, 110), (100, np.nan)]})
    (found,) = mixed_model(pd.concat([kidneys, strange], ignore_index=True), ["1", "2", "3"])
    assert found.n == 18
    assert found.note == "34 kidneys; kidneys without a value: 2; kidneys without a group: 4"
    (nothing,) = mixed_model(strange, ["1", "2", "3"])
    assert nothing.note.startswith("not computed: ")
    assert nothing.note.endswith("kidneys without a group: 4")


def drawn(noise):
    random = np.random.default_rng(5)
    patients = {group: random.normal(0.9, 0.02, 5) for group in "abc"}
    return {
        g: [(v + noise * random.normal(), v + noise * random.normal()) for v in values]
        for g, values in patients.items()
    }


@pytest.mark.parametrize("noise", [0, 1e-9, 1e-5])
def test_kidneys_that_are_all_but_identical_give_a_row_that_says_so(noise):
    (found,) = mixed_model(table(drawn(noise)), ["a", "b", "c"])
    assert np.isnan(found.statistic)
    assert found.note.startswith("not computed: the kidneys of each patient are all but identical")


@pytest.mark.parametrize("values", [{"a": 0.9, "b": 0.8}, {"a": 0.1 + 0.2, "b": 0.3}])
def test_nothing_but_groups_or_nothing_at_all_gives_a_row_that_says_so(values):
    (found,) = mixed_model(table({group: [(value, value)] * 4 for group, value in values.items()}), ["a", "b"])
    assert np.isnan(found.statistic)
    assert found.note.startswith("not computed: ")
    assert found.note.endswith(("are the same", "are identical"))
