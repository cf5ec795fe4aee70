"""How does something run in a process of its own, how much memory does it take, and what did it find out?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).resolve().parents[1]
LOOK_EVERY_S = 1.0
LONGEST_S = 3600.0
LAST_LINES = 3


@dataclass(frozen=True)
class Outcome:
    """What a process of its own came to.

    Args:
        found: What the called function returned, in JSON's types; None if it failed.
        peak_gb: The most memory that it and its own processes held at once: pages that several share are counted once,
            mapped files as far as they are in memory.
        error: The last lines of what it complained of; "" if it went well.
    """

    found: dict[str, Any] | None
    peak_gb: float
    error: str = ""


def run_in_child(call: str, arguments: dict[str, Any]) -> Outcome:
    """Call a function in a fresh Python, so that no memory, thread or import is handed on from one to the next.

    Args:
        call: `module:function`; the function takes keywords and returns what JSON can hold.
        arguments: Its keywords, in JSON's types.

    Returns:
        What came out.
    """
    path = os.pathsep.join([str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "side_by_side.child", call, json.dumps(arguments)]
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as complained:
        child = subprocess.Popen(command, stdout=told, stderr=complained, env={**os.environ, "PYTHONPATH": path})
        peak_gb = _watch(child)
        if child.returncode:
            return Outcome(None, peak_gb, _last_lines(complained, LAST_LINES))
        return Outcome(json.loads(_last_lines(told, 1)), peak_gb)


def _watch(child: subprocess.Popen[bytes]) -> float:
    """Wait for a process, and end it and its own if it takes far too long.

    Returns:
        The most memory that it and its own processes held, in GB.
    """
    peak_gb, until = 0.0, time.monotonic() + LONGEST_S
    while child.poll() is None:
        family = _family(child.pid)
        peak_gb = max(peak_gb, sum(_held_gb(process) for process in family))
        if time.monotonic() > until:
            for process in family:
                process.kill()
        time.sleep(LOOK_EVERY_S)
    return peak_gb


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _held_gb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e9
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has just ended
        return 0.0


def _last_lines(file: Any, number: int) -> str:
    file.seek(0)
    lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-number:])


def call_by_name(call: str, arguments: dict[str, Any]) -> Any:
    """Import a function and call it.

    Args:
        call: `module:function`.
        arguments: Its keywords.

    Returns:
        What it returns.
    """
    module, function = call.split(":")
    return getattr(import_module(module), function)(**arguments)


if __name__ == "__main__":
    found = call_by_name(sys.argv[1], json.loads(sys.argv[2]))
    print(json.dumps(found), flush=True)
