"""A table of scores that another program wrote, from the shell to its results."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "evaluate.py"
GROUPS = ["control", "mild", "moderate", "severe"]
NAMES = ["<script>alert(1)</script>", "=1+1", "@SUM(A1)", "+7", "-3", '"><img src=x onerror=alert(1)>']


@pytest.fixture
def table():
    """24 patients, 6 a group, two of whose structures were scored."""
    random = np.random.default_rng(12)
    rows = [
        (f"P{number:02}", GROUPS[number % 4], structure, "dice", random.normal(0.9 - 0.02 * (number % 4), 0.02))
        for structure in ("parenchyma", "cortex")
        for number in range(24)
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "structure", "metric", "value"])


@pytest.fixture
def evaluated(run, tmp_path):
    def evaluated(table, *overrides):
        table.to_csv(tmp_path / "theirs.csv", index=False)
        arguments = (f"table={tmp_path}/theirs.csv", f"output={tmp_path}/out", "stats.resamples=99", *overrides)
        return run([sys.executable, str(SCRIPT), *arguments]), tmp_path / "out"

    return evaluated


def test_the_tables_own_egfr_and_patients_count(table, evaluated):
    egfr = {case: 100.0 - 3 * number for number, case in enumerate(table["case_id"].unique())}
    first = table.assign(egfr=table["case_id"].map(egfr), patient_id=table["case_id"], operator="A. B.")
    second = first[first["case_id"] == "P00"].assign(case_id="P00-again", value=lambda rows: rows["value"] - 0.1)
    done, out = evaluated(pd.concat([first, second], ignore_index=True))
    assert done.returncode == 0, done.stderr
    tests = pd.read_csv(out / "tests.csv")
    spearman = tests[tests["test"] == "spearman"].set_index("structure")
    assert spearman["n"].tolist() == [24, 24]
    cortex = table[table["structure"] == "cortex"].set_index("case_id")["value"]
    cortex["P00"] -= 0.05
    assert spearman.loc["cortex", "effect"] == pytest.approx(stats.spearmanr(cortex, list(egfr.values())).statistic)
    assert set(tests[tests["test"] == "anova"]["n"]) == {24}
    assert list(pd.read_csv(out / "metrics.csv")) == ["case_id", "group", "structure", "metric", "value"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"side": "left"},
            "P00, P01, P02, P03, P04 and 19 more: dice of parenchyma is of single kidneys alone; add a row",
        ),
        ({"egfr": ">=90"}, "the table's egfr must be a number or empty, as '>=90' is not"),
        ({"egfr": np.arange(48)}, "P00: its rows tell of 2 values of egfr; a case has one"),
        ({"egfr": np.inf}, "P00: its egfr is infinite; leave the cell empty where it is not known"),
        ({"patient_id": [f"N{number}" for number in range(48)]}, "P23: its rows tell of 2 values of patient_id"),
    ],
)
def test_what_cannot_be_read_is_told_in_plain_lines(table, evaluated, changed, said):
    done, _ = evaluated(table.assign(**changed))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_patient_of_any_name_harms_neither_report_nor_csv(table, evaluated):
    cases = dict(zip(table["case_id"].unique(), NAMES, strict=False))
    named = table.assign(case_id=table["case_id"].replace(cases), egfr=50.0)
    named = named.assign(patient_id=named["case_id"])
    named.loc[named["case_id"] == "=1+1", "value"] = 0.1  # the worst, which the report shows
    named.loc[named["case_id"] == NAMES[0], "value"] = 0.99  # the best
    done, out = evaluated(named)
    assert done.returncode == 0, done.stderr
    html = (out / "report.html").read_text()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert" in html
    assert {line[0] for line in (out / "metrics.csv").read_text().splitlines()} == set("c<'\"P")
    for csv in out.glob("*.csv"):
        cells = [cell for line in csv.read_text().splitlines() for cell in line.split(",")]
        runnable = [cell for cell in cells if re.match(r'"?[=@+\-]', cell) and not re.fullmatch(r"-[\d.e\-]+", cell)]
        assert runnable == [], csv.name
