"""Groups compared by every chosen test."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from kseg.errors import InputError
from kseg.stats.anova import one_way_anova
from kseg.stats.compare import compare_groups
from kseg.stats.finding import TEST_COLUMNS, Finding
from kseg.stats.holm import holm

TESTS = {"anova": partial(one_way_anova)}


@pytest.fixture
def three_structures(scores_of):
    rng = np.random.default_rng(5)
    tables = [
        scores_of({"a": rng.normal(0.9, 0.02, 6), "b": rng.normal(0.9 - gap, 0.02, 6)}, structure=structure)
        for structure, gap in (("parenchyma", 0), ("cortex", 0.05), ("medulla", 0.02))
    ]
    return pd.concat(tables, ignore_index=True)


def test_every_structure_has_a_row_with_p_corrected_over_the_structures(three_structures):
    table = compare_groups(three_structures, groups=["a", "b"], tests=TESTS)
    assert tuple(table.columns) == TEST_COLUMNS
    assert table["structure"].tolist() == ["parenchyma", "cortex", "medulla"]
    assert set(table["test"]) == {"anova"}
    assert table["p_holm"].min() == pytest.approx(3 * table["p"].min())


def test_a_test_is_any_function_under_any_name(three_structures):
    def count(scores, groups):
        return [Finding(f"{group} - {groups[0]}", len(scores), statistic=1.5) for group in groups[1:]]

    table = compare_groups(three_structures, groups=["a", "b"], tests={"counted": count, **TESTS})
    assert table["test"].tolist() == ["counted", "anova"] * 3
    assert table["contrast"].iloc[0] == "b - a"


def test_what_cannot_be_tested_does_not_weigh_on_the_correction(three_structures):
    three_structures.loc[three_structures["structure"] == "medulla", "value"] = np.nan
    table = compare_groups(three_structures, groups=["a", "b"], tests=TESTS)
    assert table["p_holm"].min() == pytest.approx(2 * table["p"].min())
    assert np.isnan(table["p_holm"].iloc[2])
    assert "without a value: 6 of a, 6 of b" in table["note"].iloc[2]


def test_holm_equals_r():
    # R 4.2.2: p.adjust(c(.03, .01, .05, .04), "holm"); by hand .01 * 4, .03 * 3, then never less than the one before.
    assert holm(pd.Series([0.03, 0.01, 0.05, 0.04])).tolist() == pytest.approx([0.09, 0.04, 0.09, 0.09])


def test_holm_equals_the_studys_p_values_after_correction():
    # F = 3.467 and 4.972 with 3 and 20 degrees of freedom; by hand the smaller p is doubled.
    assert holm(pd.Series([0.03555, 0.00973])).tolist() == pytest.approx([0.03555, 0.01946])


def test_a_table_from_elsewhere_needs_no_side(three_structures):
    whole = compare_groups(three_structures, groups=["a", "b"], tests=TESTS)
    pd.testing.assert_frame_equal(
        compare_groups(three_structures.drop(columns="side"), groups=["a", "b"], tests=TESTS), whole
    )


def test_an_empty_table_gives_no_rows_and_no_crash(scores_of):
    with pytest.raises(InputError, match="lacks the metric dice; it holds nothing"):
        compare_groups(scores_of({}), groups=["a", "b"], tests=TESTS)
    assert len(compare_groups(scores_of({"a": [1.0]}), groups=["a", "b"], tests={})) == 0


def test_a_metric_that_is_not_there_is_refused(three_structures):
    with pytest.raises(InputError, match="lacks the metric hd95_mm; it holds dice"):
        compare_groups(three_structures, groups=["a", "b"], tests=TESTS, metric=["dice", "hd95_mm"])


def test_a_table_without_its_columns_is_refused(three_structures):
    with pytest.raises(InputError, match="lacks group, value; it needs case_id, group"):
        compare_groups(three_structures.drop(columns=["group", "value"]), groups=["a", "b"], tests=TESTS)


def test_all_that_is_wrong_with_a_table_is_told_at_once(scores_of):
    table = scores_of({"a": [0.9, np.inf, 0.8], "G5": [0.7, 0.6]}).astype({"value": object})
    table.loc[0, "value"] = "high"
    table = pd.concat([table, table.iloc[[2]]], ignore_index=True)
    with pytest.raises(InputError) as error:
        compare_groups(table, groups=["a", "b"], tests=TESTS)
    assert error.value.problems == (
        "a1: dice of cortex is infinite; leave the cell empty where nothing could be measured",
        "a0: dice of cortex is no number; leave the cell empty or mend it",
        "a2: dice of cortex is there twice; keep one row",
        "G50, G51: group 'G5' is none of a, b; rename it or set the groups",
    )
