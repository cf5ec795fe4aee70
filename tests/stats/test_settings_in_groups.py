"""Settings tested against one another within groups."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from kseg.stats.finding import TEST_COLUMNS
from kseg.stats.pooling import RunScores, over_rounds, paired_rounds, rounds_of
from kseg.stats.settings_in_groups import compare_settings_in_groups

SETTINGS = ("a", "b", "c")
GROUPS = ("control", "mild", "moderate", "severe")
SIZES = {"control": 9, "moderate": 6, "severe": 1}


@pytest.fixture
def scores():
    random = np.random.default_rng(5)
    groups = [group for group, size in SIZES.items() for _ in range(size)]
    tables = {
        setting: pd.DataFrame(
            {"case_id": [f"P{n:02}" for n in range(len(groups))], "group": groups, "structure": "cortex"}
            | {"metric": "dice", "value": 0.8 + 0.01 * place + random.normal(0, 0.02, len(groups))}
        )
        for place, setting in enumerate(SETTINGS)
    }
    return over_rounds(paired_rounds(rounds_of([RunScores(setting, 1, table) for setting, table in tables.items()])))


@pytest.fixture
def found(scores):
    return compare_settings_in_groups(scores, settings=SETTINGS, groups=GROUPS, confidence=0.95)


def of_group(scores, group):
    return scores[scores["group"] == group].pivot(index="case_id", columns="setting", values="value")


def test_each_group_is_tested_by_itself_as_scipy_does(scores, found):
    rows = found.set_index("contrast")
    for group in ("control", "moderate"):
        wide = of_group(scores, group)
        friedman = stats.friedmanchisquare(*(wide[name] for name in SETTINGS))
        assert rows.loc[f"settings in {group}", "p"] == pytest.approx(friedman.pvalue)
        assert rows.loc[f"settings in {group}", "n"] == SIZES[group]
        pair = rows.loc[f"c - a in {group}"]
        assert pair["p"] == pytest.approx(stats.wilcoxon(wide["c"], wide["a"]).pvalue)
        assert pair["group"] == group


def test_p_is_corrected_over_all_pairs_in_all_groups_as_statsmodels_does(found):
    for test in ("friedman", "wilcoxon"):
        own = found[(found["test"] == test) & found["p"].notna()]
        assert len(own) == {"friedman": 2, "wilcoxon": 6}[test]
        assert own["p_holm"].tolist() == pytest.approx(multipletests(own["p"], method="holm")[1])


def test_a_group_of_one_says_why_and_an_absent_one_is_not_there(found):
    assert set(found["group"]) == {"control", "moderate", "severe"}
    assert set(found.loc[found["group"] == "severe", "note"]) == {"not computed: fewer than two patients"}
    assert [column for column in found.columns if column != "group"] == list(TEST_COLUMNS)
