"""A sweep of fifty runs: the process that leads it must not grow, nor what it leaves to the next run."""

import re
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
JOBS = 50

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]


def test_fifty_jobs_finish_at_flat_memory(command, tmp_path):
    seeds = ",".join(map(str, range(JOBS)))
    overrides = ("trainer=quick", "trainer.max_steps=2", f"sweep_dir={tmp_path}/sweep", f"seed={seeds}")
    python, script, *rest = command(tmp_path, *overrides)
    with (tmp_path / "told.txt").open("w") as told:
        process = subprocess.Popen([python, script, "-m", *rest], cwd=ROOT, stdout=told, stderr=subprocess.STDOUT)
    sampled = []  # finished runs, and MB of the leading process
    watcher = threading.Thread(target=_watch, args=(process, tmp_path / "sweep", sampled))
    watcher.start()
    process.wait()
    watcher.join()
    text = (tmp_path / "told.txt").read_text()
    assert process.returncode == 0, text[-4000:]
    assert f"{JOBS} of {JOBS} runs are finished" in text
    early = max(mb for finished, mb in sampled if 5 <= finished < 15)
    late = max(mb for finished, mb in sampled if finished >= JOBS - 10)
    print(f"the leading process: {early:.0f} MB after ten runs, {late:.0f} MB after fifty")
    assert late < early * 1.05
    assert len(list(tmp_path.glob("wandb/offline-run-*"))) == JOBS
    assert not re.search(r"Traceback", text)


def _watch(process, sweep, sampled):
    leading = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            mb = leading.memory_info().rss / 1e6
        except psutil.NoSuchProcess:
            return
        sampled.append((len(list(sweep.glob("*/report.html"))), mb))
        time.sleep(1)
