"""Tables that hardly are any, by every test of the shipped configuration: each row has a p, or says why not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.errors import InputError
from kseg.runs.config import resolved
from kseg.stats.compare import compare_groups
from kseg.stats.describe import describe_groups

CONF = Path(__file__).parents[2] / "conf" / "evaluation"
GROUPS = ["control", "mild", "moderate", "severe"]
NAN = float("nan")
EACH = {"anova": 1, "welch_anova": 1, "kruskal": 1, "levene": 1, "shapiro": 1, "games_howell": 6, "tost": 3}
EACH |= {"spearman": 1, "power": 1}
"""Rows a test at least, in a structure and four groups."""


@pytest.fixture(scope="module")
def shipped():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return resolved(compose("evaluate"))["stats"]


@pytest.fixture
def evaluate(shipped):
    """Compare the groups of a table as `evaluate.py` does."""

    def evaluate(scores, groups=GROUPS, **changed):
        stats = shipped | changed
        return compare_groups(
            scores,
            groups=groups,
            tests=instantiate(stats["tests"], _convert_="all"),
            metric=stats["metric"],
            egfr=changed.get("egfr"),
            kidney_tests=instantiate(stats["kidney_tests"], _convert_="all"),
            alpha=stats["alpha"],
        )

    return evaluate


def drawn(**sizes):
    random = np.random.default_rng(4)
    return {group: list(random.normal(0.9, 0.03, size)) for group, size in sizes.items()}


def of_test(table, test):
    return table[table["test"] == test]


def assert_each_row_is_told(table, tests=EACH):
    for test, fewest in tests.items():
        assert len(of_test(table, test)) >= fewest, test
    has_p, has_effect = table["p"].notna(), table["effect"].notna()
    told = table["note"].str.contains("not computed")
    assert (has_p | has_effect | told).all(), table[~(has_p | has_effect | told)].to_string()
    assert not (has_p & told).any()
    assert table["p"].dropna().between(0, 1).all()
    assert (table["p_holm"].isna() == table["p"].isna()).all()
    assert not (table["verdict"] != "")[~has_p].any()


FOUR = drawn(control=6, mild=6, moderate=6, severe=6)
TABLES = {
    "one in severe": (FOUR | {"severe": [0.7]}, "severe: one patient only"),
    "a group of one": (FOUR | {"mild": [0.9]}, "mild: one patient only"),
    "one a group": ({group: [0.9 - 0.01 * place] for place, group in enumerate(GROUPS)}, "no group has two values"),
    "two a group": (drawn(control=2, mild=2, moderate=2, severe=2), ""),
    "all the same": ({group: [0.8] * 6 for group in GROUPS}, "the values within each group are identical"),
    "the same within": (
        {group: [0.9 - 0.1 * place] * 6 for place, group in enumerate(GROUPS)},
        "the values within each group are identical",
    ),
    "the same in one": (FOUR | {"severe": [0.0] * 6}, ""),
    "the same but for rounding": (
        {group: [0.3, 0.1 + 0.2, 0.3] for group in GROUPS},
        "the values within each group are identical",
    ),
    "hardly apart": ({group: [place, place + 1e-9] for place, group in enumerate(GROUPS, 1)}, ""),
    "an absent group": ({group: FOUR[group] for group in GROUPS if group != "moderate"}, "moderate: no patient"),
    "no control": ({group: FOUR[group] for group in GROUPS if group != "control"}, "control: no patient"),
    "all missing": ({group: [NAN] * 6 for group in GROUPS}, "without a value: 6 of control, 6 of mild"),
    "some missing": (FOUR | {"severe": [0.7, 0.8, 0.75, NAN, NAN]}, "without a value: 2 of severe"),
    "two groups": (drawn(control=6, severe=6), "mild: no patient with a value; moderate: no patient"),
    "one group": (drawn(control=6), "fewer than two groups have values"),
    "nobody has a group": ({"": FOUR["control"]}, "none of 6 patients has a group"),
    "some have no group": (FOUR | {"": [0.5, 0.6]}, "without a group: 2"),
    "one patient": ({"control": [0.9]}, "fewer than two groups have values"),
    "ones and zeros": ({group: [1.0, 1.0, 0.0] for group in GROUPS}, ""),
}


@pytest.mark.parametrize("name", list(TABLES))
def test_every_row_has_a_p_or_says_why_not(scores_of, evaluate, shipped, name):
    values, said = TABLES[name]
    scores = scores_of(values)
    egfr = dict(zip(scores["case_id"], np.linspace(110, 10, len(scores)), strict=True))
    table = evaluate(scores, egfr=egfr)
    assert_each_row_is_told(table)
    assert said in of_test(table, "anova")["note"].iloc[0]
    how = {key: shipped[key] for key in ("confidence", "seed")}
    described = describe_groups(scores, groups=GROUPS, resamples=99, **how)
    assert described["n"].iloc[-1] + described["n_missing"].iloc[-1] == len(scores)


def test_one_patient_in_severe_leaves_the_others_a_verdict(scores_of, evaluate):
    table = evaluate(scores_of(FOUR | {"severe": [0.7]}))
    (welch,) = of_test(table, "welch_anova").to_dict("records")
    assert welch["verdict"] == "inconclusive"
    assert welch["note"] == "groups of one are left out, 18 of 19 patients enter; severe: one patient only"
    tost = of_test(table, "tost").set_index("contrast")
    assert tost.loc["severe - control", "note"] == "not computed: two values a group are needed, severe has 1"
    assert tost.loc["mild - control", "p"] > 0


@pytest.mark.parametrize("test", ["tost", "games_howell"])
def test_who_is_left_out_stands_in_the_rows_of_the_groups_that_lack_them(scores_of, evaluate, test):
    values = FOUR | {"control": [*FOUR["control"], NAN], "severe": [0.7, NAN, NAN], "": [0.8]}
    notes = of_test(evaluate(scores_of(values)), test).groupby("contrast")["note"].first()
    assert notes["mild - control"] == "without a value: 1 of control; without a group: 1"
    assert notes["severe - control"].endswith("without a value: 2 of severe, 1 of control; without a group: 1")
    assert test == "tost" or notes["moderate - mild"] == "without a group: 1"


@pytest.mark.parametrize("test", ["anova", "welch_anova", "kruskal", "levene", "shapiro", "power"])
def test_who_is_left_out_stands_in_the_rows_of_all_groups(scores_of, evaluate, test):
    values = FOUR | {"severe": [0.7, 0.8, NAN, NAN], "": [0.8]}
    notes = of_test(evaluate(scores_of(values)), test)["note"]
    assert len(notes) == (2 if test == "power" else 1)
    assert notes.str.endswith("without a value: 2 of severe; without a group: 1").all()


@pytest.mark.parametrize(
    ("known", "ungrouped", "note"),
    [
        (24, 0, ""),
        (20, 0, "without a value or an eGFR: 4"),
        (25, 1, "without a group, and counted here: 1"),
        (3, 0, "not computed: fewer than 4 patients have both; without a value or an eGFR: 21"),
        (0, 0, "not computed: fewer than 4 patients have both; without a value or an eGFR: 24"),
    ],
)
def test_who_lacks_an_egfr_is_counted(scores_of, evaluate, known, ungrouped, note):
    scores = scores_of(FOUR | {"": [0.8] * ungrouped})
    egfr = dict(zip(scores["case_id"].head(known), np.linspace(110, 10, known), strict=True))
    (row,) = of_test(evaluate(scores, egfr=egfr), "spearman").to_dict("records")
    assert row["note"] == note
    assert row["n"] == known


def test_without_any_egfr_spearman_says_so(scores_of, evaluate):
    assert of_test(evaluate(scores_of(FOUR)), "spearman")["note"].tolist() == ["not computed: the table has no eGFR"]


def test_one_group_in_the_configuration_is_told_by_every_test(scores_of, evaluate):
    table = evaluate(scores_of(drawn(control=6)), ["control"])
    assert_each_row_is_told(table, {test: 1 for test in EACH})
    for test in ("tost", "games_howell"):
        assert of_test(table, test)["note"].tolist() == ["not computed: there is one group only"]


@pytest.mark.parametrize("margin", [0, -0.02, NAN])
def test_a_margin_that_is_none_is_told(scores_of, evaluate, shipped, margin):
    tests = shipped["tests"] | {"tost": shipped["tests"]["tost"] | {"margins": {"dice": margin}}}
    (row,) = of_test(evaluate(scores_of(FOUR), tests=tests), "tost").to_dict("records")
    assert row["note"] == f"not computed: the margin for dice is {margin:g}, it must lie above 0"


def test_a_structure_that_nobody_outlined_stands_beside_one_that_was(scores_of, evaluate):
    alone = evaluate(scores_of(FOUR, structure="parenchyma"))
    absent = scores_of({group: [NAN] * 6 for group in GROUPS}, structure="cortex")
    both = evaluate(pd.concat([scores_of(FOUR, structure="parenchyma"), absent]))
    assert_each_row_is_told(both[both["structure"] == "cortex"])
    pd.testing.assert_frame_equal(both[both["structure"] == "parenchyma"], alone)


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        ({"value": [np.inf]}, "control0: dice of cortex is infinite"),
        ({"group": ["stage 3"]}, "control0: group 'stage 3' is none of control, mild"),
        ({"side": ["L"]}, "control0: side 'L' is none of both, left, right; rename it or leave the column out"),
        ({"side": ["left"]}, "control0: dice of cortex is of single kidneys alone; add a row with side both, or leave"),
        ({"case_id": ["control1"]}, "control1: dice of cortex is there twice; keep one row"),
        ({"case_id": ["mild0"], "structure": ["medulla"]}, "mild0: stands in the groups control and mild; a patient"),
    ],
)
def test_what_is_no_table_of_scores_is_refused_in_a_line(scores_of, evaluate, spoilt, problem):
    scores = scores_of(FOUR)
    for column, (cell,) in spoilt.items():
        scores.loc[0, column] = cell
    with pytest.raises(InputError) as error:
        evaluate(scores)
    assert len(error.value.problems) == 1
    assert error.value.problems[0].startswith(problem)


def test_the_verdict_follows_the_configured_level(scores_of, evaluate, shipped):
    random = np.random.default_rng(2)
    scores = scores_of({group: random.normal(0.9 - 0.04 * (group == "severe"), 0.03, 12) for group in GROUPS})
    found = {alpha: of_test(evaluate(scores, alpha=alpha), "welch_anova").iloc[0] for alpha in (0.05, 0.0001)}
    assert 0.0001 < found[0.05]["p_holm"] < 0.05
    assert found[0.05]["verdict"] == "different"
    assert found[0.0001]["verdict"] == "inconclusive"


def test_a_level_that_is_configured_stands_in_every_test_and_note(scores_of):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        stats = resolved(compose("evaluate", overrides=["stats.alpha=0.01"]))["stats"]
    tests = instantiate(stats["tests"], _convert_="all")
    table = compare_groups(scores_of(FOUR), groups=GROUPS, tests=tests, alpha=stats["alpha"])
    assert not table["note"].str.contains("0.05").any()
    assert "p < 0.01" in of_test(table, "power")["note"].iloc[0]
    wider, narrower = (tests["anova"](scores_of(FOUR), GROUPS, alpha=alpha)[0] for alpha in (0.01, 0.05))
    assert of_test(table, "anova")["ci_high"].iloc[0] == wider.ci_high > narrower.ci_high
