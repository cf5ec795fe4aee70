"""The page of a comparison, and what the terminal shows of it."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from kseg.report.comparison import digits, write_comparison
from kseg.report.comparison_answer import comparison_answer
from kseg.report.comparison_findings import structure_rankings
from kseg.report.ranking_table import print_ranking, share
from kseg.report.settings_plot import draw_settings
from kseg.report.source import NOT_TOLD, Source

NAN = float("nan")
SETTINGS = ("model=unet", "model=vnet", "model=<b>")
FOOTER = {"run": "six <runs>", "seed": "1", "commit": "abc1234"}


def ranking_rows(setting, rank, mean, first, *, metric="dice", group="all", n=8, structure="cortex", **others):
    row = {"structure": structure, "metric": metric, "group": group, "setting": setting, "n": n, "n_missing": 0}
    row |= {"mean": mean, "rank": rank, "first": first, "ci_low": mean - 0.01, "ci_high": mean + 0.01}
    row |= {"kendall_tau": 0.87, "n_mean": n, "mean_rank": float(rank), "note": "", "seeds": 2, "sd_seeds": 0.004}
    return row | others


@pytest.fixture
def ranking():
    rows = [
        ranking_rows("model=unet", 1, 0.852, 0.8),
        ranking_rows("model=vnet", 2, 0.841, 0.1996),
        ranking_rows("model=<b>", 3, 0.7, 0.0004),
        *[ranking_rows(setting, NAN, NAN, NAN, structure="parenchyma", n=0) for setting in SETTINGS],
        *[ranking_rows(setting, 1, 0.8, NAN, group="severe", n=2) for setting in SETTINGS],
        ranking_rows("model=unet", 2, 4.567, 0.3, metric="hd95_mm", n_missing=3),
        ranking_rows("model=vnet", 1, 4.9, 0.7, metric="hd95_mm"),
        ranking_rows("model=<b>", 3, 9.0, 0.0, metric="hd95_mm"),
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def tests():
    common = {"structure": "cortex", "metric": "dice", "n": 8, "note": "", "ci_low": NAN, "ci_high": NAN, "effect": NAN}
    rows = [
        {"test": "friedman", "contrast": "settings", "p": 0.0004, "p_holm": 0.0004},
        {"test": "wilcoxon", "contrast": "model=vnet - model=unet", "p": 0.04, "p_holm": 0.04, "effect": -0.011}
        | {"ci_low": -0.02, "ci_high": -0.001},
        {"test": "wilcoxon", "contrast": "model=<b> - model=unet", "p": 0.008, "p_holm": 0.023, "effect": -0.15},
        {
            "test": "wilcoxon",
            "contrast": "model=<b> - model=vnet",
            "p": NAN,
            "p_holm": NAN,
            "note": "not computed: x",
        },
    ]
    return pd.DataFrame([common | row for row in rows])


@pytest.fixture
def tests_in_groups(tests):
    return tests.assign(group="severe", contrast=tests["contrast"] + " in severe", p_holm=tests["p_holm"] * 2)


@pytest.fixture
def runs():
    rows = [
        {"run": f"model={name}, seed={seed}", "setting": f"model={name}", "seed": seed, "val": 0.8 + place / 100}
        | {"parenchyma": NAN, "parenchyma_worst": NAN, "parenchyma_worst_group": "", "cortex": 0.85}
        | {"cortex_worst": 0.8, "cortex_worst_group": "severe", "folds": 1, "n": 8}
        for place, name in enumerate(("unet", "vnet", "<b>"))
        for seed in (1, 2)
    ]
    return pd.DataFrame(rows)


BEST = {"parenchyma": ("", "", NAN, NAN), "cortex": ("model=unet", "severe", 0.8, 0.71)}


@pytest.fixture
def write(ranking, tests, tests_in_groups, runs, tmp_path):
    """Write the page at a level and read it."""

    def write(tests=tests, alpha=0.05, source=NOT_TOLD):
        path = tmp_path / "comparison.html"
        groups = ("control", "severe")
        write_comparison(
            *(path,), runs=runs, ranking=ranking, tests=tests, tests_in_groups=tests_in_groups, best=BEST,
            groups=groups, confidence=0.95, alpha=alpha, footer=FOOTER, source=source,
        )  # fmt: skip
        return path.read_text(encoding="utf-8")

    return write


@pytest.fixture
def html(write):
    return write()


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<style>.*?</style>", "", html)))


def test_the_page_needs_nothing_beside_itself(html):
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert not re.search(r"<link|<script|<b>|@import|url\(", html)
    assert html.count('src="data:image/svg+xml;base64,') == 1


def test_three_sentences_answer_at_the_top(html):
    (answer,) = re.findall(r'(?s)<div class="answer">(.*?)</div>', html)
    assert [words(sentence).strip() for sentence in re.findall(r"(?s)<p>(.*?)</p>", answer)] == [
        "Of 3 settings, each trained 2 times, ranked by the mean Dice of 8 test patients, the first is unet in the "
        "cortex (0.852; first in 80 % of redrawn cohorts).",
        "In the cortex Friedman&#39;s test finds that the settings differ (p &lt; 0.001, 2 of 3 pairs after Holm&#39;s "
        "correction).",
        "Best for its worst group is unet in the cortex (0.800 in severe).",
    ]


def test_settings_that_outlined_a_phantom_are_said_to(write, ranking, tests):
    synthetic = Source("drawn", is_synthetic=True)
    console = Console(file=io.StringIO(), width=1000)
    print_ranking(ranking, tests, BEST, console, source=synthetic)
    for text in (words(write(source=synthetic)), console.file.getvalue()):
        assert text.count("Synthetic data: a program, kseg") == 1
    assert "ynthetic" not in words(write())


def test_the_words_follow_the_level_that_was_set(ranking, tests, tests_in_groups):
    found = structure_rankings(ranking, tests, tests_in_groups, BEST)
    names = {setting: setting for setting in SETTINGS}
    told = {alpha: comparison_answer(found, names, alpha)[1] for alpha in (0.05, 0.03, 0.0001)}
    assert "2 of 3 pairs" in told[0.05]
    assert "1 of 3 pairs" in told[0.03]
    assert "cannot tell the settings apart" in told[0.0001]


def test_the_page_knows_no_level_but_the_one_that_was_set(write, tests):
    close = tests.assign(p_holm=tests["p_holm"].where(tests["p"] != 0.04, 0.0101))
    text = words(write(close, alpha=0.01))
    assert "A p above 0.01 does not show that two settings are alike" in text
    assert "0.05" not in text
    assert "0.040 0.0101" in text  # three decimals would put it on the level


def test_friedmans_p_is_shown_and_spoken_of_after_correction_over_the_structures(write, tests):
    friedman = tests["test"] == "friedman"
    text = words(write(tests.assign(p=tests["p"].mask(friedman, 0.03), p_holm=tests["p_holm"].mask(friedman, 0.06))))
    assert "In the cortex Friedman&#39;s test cannot tell the settings apart (p = 0.060)." in text
    assert "all settings (Friedman) 8 \N{EN DASH} \N{EN DASH} 0.030 0.060" in text


def test_a_ranking_on_test_says_that_settings_are_chosen_on_val(html):
    assert "a setting is chosen on val. There &lt;b&gt; stands first, with a mean Dice of 0.820" in words(html)


def test_the_tables_hold_the_numbers(html):
    text = words(html).replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
    assert "1 unet 2 0.852 ± 0.004 0.842 to 0.862 80 %" in text
    assert "3 &lt;b&gt; 2 0.700 ± 0.004 0.690 to 0.710 &lt; 1 %" in text
    assert "severe n = 2" in text
    assert "control" not in text  # nobody of that group was tested
    assert "vnet - unet 8 -0.011 -0.020 to -0.001 0.040 0.040" in text
    assert "&lt;b&gt; - vnet not computed: x 8 - - - -" in text
    assert "τ of 0.87" in text
    assert "the best for its worst group in 71 % of cohorts drawn again" in text
    assert "all settings (Friedman) p &lt; 0.001 vnet - unet -0.011 p = 0.080 &lt;b&gt; - unet -0.150 p = 0.046" in text
    assert "cortex hd95_mm unet 8 3 4.57" in text
    assert "Missed, in patients: cortex: 3 by unet" in text
    assert "six &lt;runs&gt;" in text


def test_runs_without_a_ranking_have_a_page_too(ranking, tests, tests_in_groups, runs, tmp_path):
    nothing = ranking.assign(rank=NAN, mean=NAN, first=NAN, n=0, note="not ranked: no patient")
    write_comparison(
        *(tmp_path / "page.html",), runs=runs, ranking=nothing, tests=tests,
        tests_in_groups=tests_in_groups, best=dict.fromkeys(BEST, ("", "", NAN, NAN)),
        groups=("severe",), confidence=0.95, alpha=0.05, footer=FOOTER,
    )  # fmt: skip
    assert "No setting can be ranked" in words((tmp_path / "page.html").read_text(encoding="utf-8"))


def test_the_terminal_shows_the_ranking_with_seeds_tests_and_what_was_missed(ranking, tests):
    console = Console(file=io.StringIO(), width=100)
    print_ranking(ranking, tests, BEST, console)
    text = console.file.getvalue().replace("\N{MINUS SIGN}", "-")
    rows = [line.split() for line in text.splitlines()]
    assert ["1", "unet", "2", "0.852", "±", "0.004", "0.842", "to", "0.862", "80", "%"] in rows
    assert "Wilcoxon, model=vnet - model=unet: p = 0.040; -0.011 (-0.020 to -0.001)" in text
    assert "Wilcoxon, model=<b> - model=vnet: not computed: x" in text
    assert "Without a distance, which ranks worst, in patients: cortex: 3 by model=unet" in text
    assert "Best for the worst group: model=unet, 0.800 in severe" in text
    assert "Ranked on test patients: a description; settings are chosen on val." in text


@pytest.mark.parametrize(
    ("part", "text"),
    [(0, "0 %"), (0.0001, "< 1 %"), (0.5, "50 %"), (0.9999, "> 99 %"), (1, "100 %"), (NAN, "\N{EN DASH}")],
)
def test_a_share_is_never_rounded_to_none_or_all(part, text):
    assert share(part) == text


@pytest.mark.parametrize(
    ("metric", "expected"), [("dice", 3), ("nsd_2mm", 3), ("hd95_mm", 2), ("absolute_volume_error_ml", 1)]
)
def test_a_number_has_as_many_decimals_as_its_unit_makes_sense_of(metric, expected):
    assert digits(metric) == expected


def test_the_figure_has_a_row_a_setting_and_a_mark_a_group_with_a_mean(ranking):
    dice = ranking.query("metric == 'dice' and structure == 'cortex'")
    names = {"model=unet": "unet", "model=vnet": "a name that is too long, for one line of it", "model=<b>": "$x$"}
    (panel,) = draw_settings(dice, ("control", "severe"), names).axes
    assert [label.get_text() for label in panel.get_yticklabels()] == [
        "unet", "a name that is too long,\nfor one line of it", "$x$"
    ]  # fmt: skip
    everyone, severe = (mark.get_offsets() for mark in panel.collections)
    assert np.asarray(everyone).tolist() == [[0.852, 0], [0.841, 1], [0.7, 2]]
    assert np.asarray(severe)[:, 0].tolist() == [0.8, 0.8, 0.8]
