import io
import os
import socket
import time

from rich.console import Console

from kseg.runs.config import write_config
from kseg.runs.jobs_table import jobs_of, print_jobs
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
        seen.note(10, tmp_path / "later", "there is another run")
        assert sweep.noted()[1] == (tmp_path / "later", "there is another run")
        assert seen.asked_by is None
        sweep.ask_to_end(15)
        assert seen.asked_by == 15
        sweep.forget()
        assert list(tmp_path.iterdir()) == []
    finally:
        os.environ.pop("KSEG_SWEEP", None)
