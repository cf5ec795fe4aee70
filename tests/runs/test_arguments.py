"""Is an argument that Hydra cannot read told with the quotes it needs?"""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from kseg.runs.arguments import argument_problems

ROOT = Path(__file__).parents[2]
NEEDS_QUOTES = "the value must be quoted, and again for the shell"


@pytest.mark.parametrize(
    "path",
    [
        "/data/中文/王小明",
        "/data/my clinic",
        "/data/été",
        "/data/a(1)",
        "/d/it's",
        "~/clinic",
        "/d/a=b",
        "/d/#1",
        "/d/[x]",
    ],
)
def test_a_path_gets_quotes_that_shell_and_hydra_read_back(path):
    (problem,) = argument_problems(["data=folder", *f"data.root={path}".split(" "), "seed=1"])
    told, _, remedy = problem.partition(f": {NEEDS_QUOTES}: ")
    assert told == f"data.root={path}"
    (argument,) = shlex.split(remedy)
    assert argument_problems([argument]) == []
    assert OverridesParser.create().parse_overrides([argument])[0].value() == path


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("patches.patch_size=[96, 96, 32]", [96, 96, 32]),
        ("split.test=[王小明, P126]", ["王小明", "P126"]),
        ("split.test=[Li Wei, P126]", ["Li Wei", "P126"]),
        ("x=[[1, 2], [é]]", [[1, 2], ["é"]]),
    ],
)
def test_a_list_gets_quotes_that_leave_it_a_list(typed, value):
    (problem,) = argument_problems(typed.split(" "))
    told, _, remedy = problem.partition(": a list needs quotes for the shell, and no blanks: ")
    assert told == typed
    (argument,) = shlex.split(remedy)
    assert argument_problems([argument]) == []
    assert OverridesParser.create().parse_overrides([argument])[0].value() == value


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("clinic/x", "clinic/x: is no KEY=VALUE; --help lists every key"),
        (
            "run=runs/a,runs/b",
            "run=runs/a,runs/b: commas part the choices of a sweep (-m); "
            f"{NEEDS_QUOTES}: 'run=\"runs/a,runs/b\"', or 'run=[runs/a,runs/b]'",
        ),
    ],
)
def test_other_arguments_that_cannot_be_read_are_told(typed, problem):
    assert argument_problems([typed]) == [problem]


@pytest.mark.parametrize(
    "typed",
    [
        "--cfg job --config-name train",
        "-m model=unet,unetr paths.root=/a,/b",
        "model=unet,unetr",
        "split.test=[P1,P2] ~logger +note=1 run=sweeps/x/*",
        "'data.root=\"/data/my clinic\"'",
        "-sc install=bash",
    ],
)
def test_what_hydra_reads_passes(typed):
    assert argument_problems(shlex.split(typed)) == []


@pytest.mark.parametrize("script", ["train.py", "evaluate.py", "predict.py"])
def test_a_script_stops_in_one_line(script):
    done = subprocess.run(
        [sys.executable, script, "data.root=/数据"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"kseg: data.root=/数据: {NEEDS_QUOTES}: 'data.root=\"/数据\"'\n"
