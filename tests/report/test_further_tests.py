"""What no other table shows."""

import pandas as pd

from kseg.report.further_tests import further_tests

NAN = float("nan")


def row(test, contrast="groups", *, metric="dice", structure="cortex", **more):
    empty = {name: NAN for name in ("statistic", "df1", "df2", "p", "p_holm", "effect", "ci_low", "ci_high", "margin")}
    named = {"structure": structure, "metric": metric, "test": test, "contrast": contrast, "n": 12}
    return {**named, **empty, "effect_name": "", "verdict": "", "note": "", **more}


def tables(*rows):
    return further_tests(pd.DataFrame(rows), alpha=0.05, confidence=0.95, effect_confidence=0.8)


def test_hedges_g_stands_beside_the_difference_of_its_pair():
    pair = "severe - control"
    difference = row(
        "games_howell", pair, statistic=-3.817, df2=6.3, p=0.031, p_holm=0.0624, effect_name="mean_difference",
        effect=-0.2314, ci_low=-0.4381, ci_high=-0.0249,
    )  # fmt: skip
    g = row("games_howell", pair, effect_name="hedges_g", effect=-2.031)
    (test,) = tables(difference, g)
    (line,) = test.table.lines
    assert [cell.replace("\N{MINUS SIGN}", "-") for cell in line.cells] == [
        *("cortex", pair, "12", "-3.82", "6.3", "0.031", "0.062"),
        *("difference -0.231 (-0.438 to -0.025); Hedges' g -2.03", "", "", ""),
    ]


def test_what_was_not_computed_says_why_and_is_not_joined_to_another_row():
    first = row("games_howell", "mild - control", note="not computed: two values a group are needed, mild has 1")
    (test,) = tables(first, row("games_howell", "severe - control", p=0.5, p_holm=0.5))
    assert [line.cells[-1] for line in test.table.lines] == [first["note"], ""]


def test_everything_that_stands_elsewhere_is_left_out_and_nothing_else():
    shown = [row(test) for test in ("anova", "welch_anova", "tost")]
    shown += [row(test, "bias", metric="volume_ml") for test in ("bland_altman", "icc", "ccc")]
    shown += [row("spearman", source, metric="volume_ml") for source in ("outlined", "predicted")]
    left = [row("my_own"), row("anova", metric="hd95_mm"), row("spearman", "egfr"), row("kruskal")]
    assert [test.title for test in tables(*shown, *left)] == ["One-way ANOVA", "Kruskal-Wallis", "Spearman", "my_own"]
    other_metric, *_ = tables(*shown, *left)
    assert other_metric.table.lines[0].cells[0] == "cortex, hd95_mm"


def test_a_power_without_a_p_has_no_column_of_p():
    (test,) = tables(row("power", df1=3, df2=20, effect_name="cohens_f", effect=0.744, note="found in 80%"))
    table = test.table.without_empty_columns()
    assert table.head == ["structure", "contrast", "n", "df", "effect (95 % interval)", "remark"]
    assert table.lines[0].cells[-2:] == ["Cohen's f 0.74", "found in 80%"]


def test_the_two_tests_on_one_side_carry_their_own_level_margin_and_verdict():
    # 1 - 2 alpha of Schuirmann's two one-sided tests at 5 %; of omega squared what the config says
    tost = row(
        "tost", "severe - control", metric="hd95_mm", p=0.01, p_holm=0.02, effect_name="mean_difference", effect=0.4,
        ci_low=-0.1, ci_high=0.9, margin=1.5, verdict="equivalent",
    )  # fmt: skip
    effect = row("anova", metric="hd95_mm", p=0.3, p_holm=0.3, effect_name="omega_squared", effect=0.1)
    pair = row("games_howell", "severe - control", p=0.5, p_holm=0.5)
    tests = {test.title: test.table.without_empty_columns() for test in tables(tost, effect, pair)}
    equivalence = tests["Two one-sided tests of equivalence"]
    assert equivalence.head[-3:] == ["effect (90 % interval)", "margin", "verdict"]
    assert equivalence.lines[0].cells[-3:] == ["difference 0.400 (\N{MINUS SIGN}0.100 to 0.900)", "1.5", "equivalent"]
    assert tests["One-way ANOVA"].head[-1] == "effect (80 % interval)"
    assert (
        further_tests(pd.DataFrame([pair]), alpha=0.05, confidence=0.95, effect_confidence=0.8)[0].table.head[7]
        == "effect (95 % interval)"
    )
