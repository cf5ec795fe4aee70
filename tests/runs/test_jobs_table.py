import io
import os
import socket
import time
from dataclasses import replace

import pytest
from rich.console import Console

from kseg.runs.config import write_config
from kseg.runs.folder import RunFolder
from kseg.runs.jobs_table import jobs_of, print_jobs, round_of, setting_of
from kseg.runs.record import RunRecord, mark_failed
from kseg.runs.status import Status, write_status
from kseg.runs.sweep import Sweep


def run_of(folder, state, **told):
    now = time.time()
    overrides = ["trainer=quick", f"seed={folder.name}"]
    write_config(folder / "config.yaml", {"objective": "val/dice/mean", "overrides": overrides})
    write_status(folder / "status.json", Status(state, os.getpid(), socket.gethostname(), now, now, **told))
    return folder


def told(jobs):
    terminal = io.StringIO()
    print_jobs(jobs, Console(width=200, file=terminal))
    return terminal.getvalue()


def test_every_job_is_told_and_of_a_failed_one_why_and_where_to_read_on(tmp_path):
    done = run_of(tmp_path / "1", "finished", seconds={"fit": 90.0}, chosen={"val/dice/mean": 0.8764})
    broken = run_of(tmp_path / "2", "failed", error="ValueError: no patch of that size")
    asked = run_of(tmp_path / "3", "failed", error="asked to end (Ctrl-C)", asked=True)
    jobs = jobs_of([done, broken, asked, tmp_path / "4"])
    assert [job.state for job in jobs] == ["finished", "failed", "ended", "not begun"]
    text = told(jobs)
    assert "seed=1 │ finished  │     1.5 │         0.876" in text
    assert "1 of 4 runs are finished" in text
    assert "seed=2: ValueError: no patch of that size" in text
    assert str(broken / "train.log") in text
    assert "trainer=quick" not in text  # it tells no job apart


def test_a_sweep_is_seen_by_its_processes_and_forgotten_at_its_end(tmp_path, monkeypatch):
    monkeypatch.delenv("KSEG_SWEEP", raising=False)
    assert Sweep.current() is None
    sweep = Sweep.begun(tmp_path)
    try:
        seen = Sweep.current()
        seen.note(10, tmp_path / "later")
        seen.note(2, tmp_path / "first")
        assert sweep.runs() == [tmp_path / "first", tmp_path / "later"]
        seen.note(10, tmp_path / "later", refused="there is another run", remark="look")
        assert sweep.noted()[1] == (tmp_path / "later", "there is another run", "look")
        assert seen.asked_by is None
        sweep.ask_to_end(15)
        assert seen.asked_by == 15
        sweep.forget()
        assert list(tmp_path.iterdir()) == []
    finally:
        os.environ.pop("KSEG_SWEEP", None)


def test_of_a_run_that_ended_without_a_word_the_terminals_log_is_named_and_of_others_its_own(tmp_path):
    silent, spoke = (run_of(tmp_path / name, "running") for name in ("1", "2"))
    for folder in (silent, spoke):
        (folder / "terminal.log").write_text("ModuleNotFoundError: No module named 'mine'")
        write_status(folder / "status.json", Status("failed", os.getpid(), socket.gethostname(), 0.0, 0.0))
    mark_failed(RunFolder(silent), "it ended with exit code 1 before it could say why")
    with pytest.raises(ZeroDivisionError), RunRecord(spoke / "status.json").recording():
        1 / 0  # noqa: B018
    text = told(jobs_of([silent, spoke]))
    assert str(silent / "terminal.log") in text
    assert str(spoke / "train.log") in text
    assert text.count(".log") == 2


def test_what_is_to_be_said_of_a_finished_run_is_told_below_the_table(tmp_path):
    (job,) = jobs_of([run_of(tmp_path / "1", "finished")])
    assert "1: it keeps its own config" in told([replace(job, remark="it keeps its own config")])


@pytest.mark.parametrize(
    ("name", "setting", "one_round"),
    [
        ("model=unet, seed=1", "model=unet", "model=unet, seed=1"),
        ("model=unet, seed=1, split.fold=3, split.repeat=2", "model=unet", "model=unet, seed=1, split.repeat=2"),
        ("split.seed=2, +split.fold=0", "all", "split.seed=2"),
        ("split.folds=5, model.seed=2", "split.folds=5, model.seed=2", "split.folds=5, model.seed=2"),
        ("split.group=severe", "all", "all"),
    ],
)
def test_a_setting_is_what_seeds_repeats_and_folds_share(name, setting, one_round):
    assert setting_of(name) == setting
    assert round_of(name) == one_round


def test_a_job_says_how_its_patients_were_dealt_but_not_which_fold_it_tests(tmp_path):
    write_config(tmp_path / "config.yaml", {"split": {"seed": 1, "folds": 5, "fold": 2, "repeat": 3}})
    assert jobs_of([tmp_path])[0].draw == "split.seed=1, split.repeat=3"
