import pytest

from kseg.errors import InputError
from kseg.runs.choosing import is_one, runs_in


@pytest.fixture
def sweep(tmp_path):
    for name in ("model-a,seed-1", "model-a,seed-2", "no-run"):
        (tmp_path / "sweep" / name).mkdir(parents=True)
    for name in ("model-a,seed-1", "model-a,seed-2"):
        (tmp_path / "sweep" / name / "config.yaml").write_text("seed: 1\n")
    (tmp_path / "sweep" / "multirun.yaml").write_text("")
    return tmp_path / "sweep"


def test_a_folder_is_one_run_and_a_pattern_or_a_list_are_several():
    assert is_one("runs/a")
    assert not is_one("sweeps/x/*")
    assert not is_one(["runs/a"])


def test_a_pattern_finds_the_runs_and_nothing_else(sweep):
    assert [run.path.name for run in runs_in(f"{sweep}/*")] == ["model-a,seed-1", "model-a,seed-2"]


def test_a_list_keeps_its_order_and_names_no_run_twice(sweep):
    chosen = runs_in([f"{sweep}/model-a,seed-2", f"{sweep}/*"])
    assert [run.path.name for run in chosen] == ["model-a,seed-2", "model-a,seed-1"]


def test_what_is_no_run_is_told(sweep):
    with pytest.raises(InputError) as told:
        runs_in([f"{sweep}/no-run", f"{sweep}/x*"])
    assert told.value.problems == (f"{sweep}/no-run: is no run, and holds none", f"{sweep}/x*: finds no run")
