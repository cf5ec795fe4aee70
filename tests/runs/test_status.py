import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from kseg.errors import InputError
from kseg.runs import record as recorder
from kseg.runs.record import RunRecord
from kseg.runs.status import STALE_AFTER_S, Status, observed_state, read_status, write_status


def status(**changes):
    now = time.time()
    given = {"state": "running", "pid": os.getpid(), "host": socket.gethostname(), "started": now, "heartbeat": now}
    return Status(**{**given, **changes})


def dead_pid():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_status_is_read_as_it_was_written(tmp_path):
    one = status(error="ValueError: no", seconds={"fit": 1.5}, earlier=({"ended": "interrupted"},))
    write_status(tmp_path / "status.json", one)
    assert read_status(tmp_path / "status.json") == one


def test_a_record_keeps_how_many_steps_were_trained_through_a_restart(tmp_path):
    path = tmp_path / "status.json"
    record = RunRecord(path)
    with record.recording():
        record.trained(1435, {"val/dice/mean": 0.9})
    assert (read_status(path).steps, read_status(path).chosen) == (1435, {"val/dice/mean": 0.9})
    assert RunRecord(path).status.steps == 1435


def test_a_status_of_before_steps_were_kept_is_read(tmp_path):
    path = tmp_path / "status.json"
    written = {"state": "finished", "pid": 1, "host": "h", "started": 0.0, "heartbeat": 1.0, "seconds": {"fit": 9.0}}
    path.write_text(json.dumps(written))
    assert read_status(path).steps is None


def test_no_file_is_no_status_and_another_file_is_told(tmp_path):
    assert read_status(tmp_path / "status.json") is None
    (tmp_path / "status.json").write_text("{")
    with pytest.raises(InputError, match=r"status\.json: is no status"):
        read_status(tmp_path / "status.json")


def test_a_living_process_runs():
    assert observed_state(status()) == "running"


def test_a_dead_process_or_an_old_heartbeat_is_an_interruption():
    assert observed_state(status(pid=dead_pid())) == "interrupted"
    assert observed_state(status(heartbeat=time.time() - STALE_AFTER_S - 1)) == "interrupted"


def test_another_host_is_believed_while_its_heart_beats():
    elsewhere = status(host="another-host", pid=dead_pid())
    assert observed_state(elsewhere) == "running"
    assert observed_state(elsewhere, now=elsewhere.heartbeat + STALE_AFTER_S + 1) == "interrupted"


@pytest.mark.parametrize(
    ("job", "restarts", "state"), [("12", "1", "interrupted"), ("12", "", "running"), ("13", "1", "running")]
)
def test_a_job_that_slurm_started_again_elsewhere_knows_that_its_earlier_attempt_is_over(
    monkeypatch, tmp_path, job, restarts, state
):
    # sbatch(1): SLURM_RESTART_COUNT is set, to one or more, once a job was requeued; its id stays
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    before = RunRecord(tmp_path / "status.json")
    write_status(tmp_path / "status.json", replace(before.status, host="a-node-that-failed"))
    monkeypatch.setenv("SLURM_JOB_ID", job)
    monkeypatch.setenv("SLURM_RESTART_COUNT", restarts)
    assert observed_state(read_status(tmp_path / "status.json")) == state
    if state == "interrupted":
        assert RunRecord(tmp_path / "status.json").status.earlier[0]["ended"] == "interrupted"


def test_a_heart_beats_on_after_a_beat_that_could_not_be_written_and_says_so_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(recorder, "HEARTBEAT_EVERY_S", 0.05)
    path = tmp_path / "run" / "status.json"
    with RunRecord(path).recording():
        shutil.move(tmp_path / "run", tmp_path / "aside")
        (tmp_path / "run").touch()  # no folder can be there
        time.sleep(0.5)
        (tmp_path / "run").unlink()
        shutil.move(tmp_path / "aside", tmp_path / "run")
        back = time.time()
        time.sleep(0.5)
        assert read_status(path).heartbeat > back
    assert [message.count("cannot be written") for message in caplog.messages] == [1]


def test_a_run_says_running_then_finished(tmp_path):
    record = RunRecord(tmp_path / "status.json")
    with record.recording():
        assert read_status(tmp_path / "status.json").state == "running"
        with record.stage("fit"):
            time.sleep(0.02)
    ended = read_status(tmp_path / "status.json")
    assert ended.state == "finished"
    assert ended.seconds["fit"] >= 0.02
    assert ended.versions["kseg"]


def test_a_run_that_breaks_says_failed_and_why(tmp_path):
    record = RunRecord(tmp_path / "status.json")
    with pytest.raises(ZeroDivisionError), record.recording():
        1 / 0  # noqa: B018
    ended = read_status(tmp_path / "status.json")
    assert (ended.state, ended.error) == ("failed", "ZeroDivisionError: division by zero")


def test_a_run_that_goes_on_keeps_its_id_and_tells_how_it_was_interrupted(tmp_path):
    before = status(pid=dead_pid(), tracking_id="abc", seconds={"cohort": 2.0})
    write_status(tmp_path / "status.json", before)
    record = RunRecord(tmp_path / "status.json")
    with record.recording(), record.stage("cohort"):
        pass
    ended = read_status(tmp_path / "status.json")
    assert ended.tracking_id == "abc"
    assert ended.seconds["cohort"] >= 2.0
    assert [attempt["ended"] for attempt in ended.earlier] == ["interrupted"]


def test_a_run_that_still_goes_on_is_not_started_twice(tmp_path):
    write_status(tmp_path / "status.json", status(pid=os.getppid()))
    with pytest.raises(InputError, match="still going on in process"):
        RunRecord(tmp_path / "status.json")


def test_sigterm_ends_a_run_as_failed(tmp_path):
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from kseg.runs.record import RunRecord\n"
        "with RunRecord(Path(sys.argv[1])).recording():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "status.json"], capture_output=True, check=False)
    assert done.returncode != 0
    ended = read_status(tmp_path / "status.json")
    assert (ended.state, ended.error, ended.asked) == ("failed", "asked to end (SIGTERM)", True)
