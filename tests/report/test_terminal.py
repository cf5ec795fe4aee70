"""What the terminal shows."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from kseg.report.source import Source
from kseg.report.terminal import print_summary


@pytest.fixture
def shown():
    """Print a summary into a hundred columns."""

    def shown(groups_table, tests_table, **more):
        console = Console(file=io.StringIO(), width=100)
        print_summary(groups_table, tests_table, groups=("control", "severe"), console=console, **more)
        return console.file.getvalue()

    return shown


def test_the_summary_shows_dice_by_group_the_tests_and_the_report(shown, evaluation):
    text = shown(evaluation.groups_table, evaluation.tests_table, report=Path("runs/x/report.html"))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert rows[0] == ["control", "3", "0.940 ± 0.010", "0.840 ± 0.010", "0.740 ± 0.010"]
    assert rows[-1][:2] == ["all", "6"]
    assert "F(1, 3.7) = 27.50  p = 0.013  the groups differ" in text
    assert "F(1, 3.7) = 1.23   p = 0.329  this test cannot tell the groups apart" in text
    assert "not computed: why" in text
    assert "with n = 3 a group the smallest difference to be seen is a large one, Cohen's f = 1.80" in text
    assert "The lowest mean Dice of a group is 0.910 in severe for the parenchyma (n = 3;" in text
    assert "missing" not in text
    assert "runs/x/report.html" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_synthetic_data_are_called_so(shown, evaluation):
    text = shown(evaluation.groups_table, evaluation.tests_table, source=Source("drawn", is_synthetic=True))
    assert "mean ± SD over synthetic test patients" in text
    assert text.strip().startswith("Synthetic data: a program, kseg's phantom, drew these CTs")
    assert "ynthetic" not in shown(evaluation.groups_table, evaluation.tests_table)


def test_patients_without_a_dice_are_counted(shown, evaluation):
    table = evaluation.groups_table.copy()
    severe = (table["group"] != "control") & (table["structure"] == "cortex")
    table.loc[severe, ["n", "n_missing"]] = [2, 1]
    text = shown(table, evaluation.tests_table)
    assert "(n = 2)" in text
    assert "Without a Dice: 1 in the cortex" in text


def test_without_groups_all_patients_stand_alone_and_nothing_is_compared(shown, evaluation):
    table = evaluation.groups_table.copy()
    table.loc[table["group"] != "all", ["n", "mean", "sd"]] = [0, np.nan, np.nan]
    text = shown(table, evaluation.tests_table)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert [row[:2] for row in rows] == [["all", "6"]]
    assert "No test patient has a group, so nothing is compared between groups." in text
    assert "ANOVA" not in text


def test_patients_without_a_group_are_counted(shown, evaluation):
    table = evaluation.groups_table.copy()
    table.loc[table["group"] == "all", "n"] = 7
    assert "1 test patient has no group: counted among all, and in no comparison." in shown(
        table, evaluation.tests_table
    )


def test_what_nobody_outlined_is_named_and_not_shown(shown, evaluation):
    table = evaluation.groups_table.copy()
    undivided = table["structure"] != "parenchyma"
    table.loc[undivided, ["n", "n_missing", "mean", "sd"]] = [0, 3, np.nan, np.nan]
    text = shown(table, evaluation.tests_table)
    assert "Not outlined in any test patient, and so not scored: cortex and medulla." in text
    assert "could not" not in text
    (heading,) = [line for line in text.splitlines() if "patients ┃" in line]
    assert "parenchyma" in heading
    assert "cortex" not in heading


def test_names_are_not_taken_for_markup(shown, evaluation):
    table = evaluation.groups_table.replace("severe", "[/bold]").replace("cortex", "[red]x")
    tests = evaluation.tests_table.replace("cortex", "[red]x")
    console = Console(file=io.StringIO(), width=100)
    print_summary(table, tests, groups=("control", "[/bold]"), console=console)
    assert "[/bold]" in console.file.getvalue()
    assert "[red]x" in console.file.getvalue()


def test_tables_without_dice_say_so(shown, evaluation):
    assert "no Dice" in shown(evaluation.groups_table.assign(metric="hd95_mm"), evaluation.tests_table)


def test_a_group_without_patients_is_a_dash(shown, evaluation):
    table = evaluation.groups_table.copy()
    table.loc[table["group"] == "severe", ["n", "mean", "sd"]] = [0, np.nan, np.nan]
    assert "│ severe  │        0 │             \N{EN DASH} │" in shown(table, evaluation.tests_table)
