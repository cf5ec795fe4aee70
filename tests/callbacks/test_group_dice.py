import math

import pytest

from kseg.callbacks.group_dice import group_means


def case(group, parenchyma, cortex, medulla=0.5):
    return {"group": group, "dice": {"parenchyma": parenchyma, "cortex": cortex, "medulla": medulla}}


def test_means_are_taken_over_cases_and_within_groups():
    values = group_means([case("control", 0.9, 0.8), case("control", 0.7, 0.6), case("severe", 0.5, 0.1)])
    assert values["val/dice/parenchyma"] == pytest.approx((0.9 + 0.7 + 0.5) / 3)
    assert values["val/dice/cortex/control"] == pytest.approx(0.7)
    assert values["val/dice/cortex/severe"] == pytest.approx(0.1)


def test_the_worst_group_is_the_one_with_the_lowest_mean():
    values = group_means([case("control", 0.9, 0.8), case("mild", 0.95, 0.4), case("severe", 0.5, 0.6)])
    assert values["val/dice/parenchyma/worst_group"] == 0.5
    assert values["val/dice/cortex/worst_group"] == 0.4


def test_a_case_without_a_group_counts_in_the_means_over_all_alone():
    values = group_means([case("", 0.9, 0.8), case("severe", 0.5, 0.2)])
    assert values["val/dice/parenchyma"] == pytest.approx(0.7)
    assert values["val/dice/cortex/worst_group"] == 0.2
    assert not [name for name in values if name.endswith("/")]


def test_a_case_without_cortex_is_counted_not_averaged():
    values = group_means([case("control", 0.9, math.nan), case("mild", 0.9, 0.6)])
    assert values["val/dice/cortex"] == 0.6
    assert values["val/missing/cortex"] == 1
    assert math.isnan(values["val/dice/cortex/control"])
    assert values["val/dice/cortex/worst_group"] == 0.6
