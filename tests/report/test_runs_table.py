"""Several runs in one table."""

import io
import math

import pandas as pd
import pytest
from rich.console import Console

from kseg.report.runs_table import FinishedRun, over_seeds, print_runs, runs_table, shortened


@pytest.fixture
def run():
    def run(name, seed, chosen, folds=1, **dice):
        rows = [
            (f"{group}{n}", group, structure, "dice", value)
            for structure, by_group in dice.items()
            for group, values in by_group.items()
            for n, value in enumerate(values)
        ]
        scores = pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])
        return FinishedRun(f"model={name}, seed={seed}", chosen, scores, seed, f"model={name}", folds)

    return run


@pytest.fixture
def runs(run):
    cortex = {"control": [0.9], "severe": [0.7]}
    return [
        run("a", 1, 0.80, parenchyma={"control": [0.98, 0.96], "severe": [0.92, 0.94]}, cortex=cortex),
        run("a", 2, 0.84, parenchyma={"control": [0.97, 0.97], "severe": [0.95, 0.95]}, cortex={**cortex, "": [0.86]}),
        run("b", 1, 0.90, parenchyma={"": [0.93, 0.95]}),  # neither groups nor a cortex
    ]


def test_runs_stand_in_the_order_of_their_validation_with_their_worst_group(runs):
    table = runs_table(runs)
    assert table["run"].tolist() == ["model=b, seed=1", "model=a, seed=2", "model=a, seed=1"]
    best = table.iloc[1]
    assert best["parenchyma"] == pytest.approx(0.96)
    assert (best["parenchyma_worst"], best["parenchyma_worst_group"]) == (0.95, "severe")
    without = table.iloc[0]
    assert math.isnan(without["cortex"])
    assert math.isnan(without["parenchyma_worst"])
    assert without["parenchyma_worst_group"] == ""
    assert (without["parenchyma"], without["n"]) == (pytest.approx(0.94), 2)


def test_seeds_are_averaged_with_their_spread(runs):
    averaged = over_seeds(runs_table(runs)).set_index("setting")
    assert averaged.loc["model=a", "seeds"] == 2
    assert averaged.loc["model=a", "parenchyma"] == pytest.approx(0.955)
    assert averaged.loc["model=a", "parenchyma_sd"] == pytest.approx(0.01 / math.sqrt(2))
    assert math.isnan(averaged.loc["model=b", "parenchyma_sd"])


def test_the_terminal_shows_both(runs):
    console = Console(file=io.StringIO(), width=80)
    print_runs(runs_table(runs), console)
    text = console.file.getvalue()
    rows = [line.split() for line in text.splitlines()]
    assert ["a,", "2", "0.840", "0.960", "0.950", "severe", "0.820", "0.700", "severe"] in rows
    assert ["a", "2", "0.820", *["0.955", "±", "0.007", "0.940"], *["0.810", "±", "0.014", "0.700"]] in rows
    assert max(map(len, text.splitlines())) <= 80


def test_folds_put_together_are_told(run):
    console = Console(file=io.StringIO(), width=80)
    print_runs(runs_table([run("a", 1, 0.8, folds=5, parenchyma={"mild": [0.9]})]), console)
    assert "a row of 5 folds tested every patient once" in console.file.getvalue()
    assert "over n seeds" not in console.file.getvalue()


def test_what_all_names_say_is_said_once():
    assert shortened(["model=a, seed=1", "model=b, seed=2"]) == ("model, seed", ["a, 1", "b, 2"])
    assert shortened(["model=a", "seed=2"]) == ("run", ["model=a", "seed=2"])
    assert shortened(["defaults"]) == ("run", ["defaults"])
