import errno
import fcntl
import os
import signal
import socket
import threading
import time
from unittest.mock import Mock

import pytest

from kseg.runs.claim import Claim, claimed, holder_of


def test_a_claim_is_taken_once_and_leaves_nothing(tmp_path):
    with claimed(tmp_path / "case", wait=False) as first, claimed(tmp_path / "case", wait=False) as second:
        assert (first, second) == (Claim.OURS, Claim.THEIRS)
    assert not list(tmp_path.iterdir())


def test_a_claim_can_be_waited_for(tmp_path):
    waited = []

    def wait():
        with claimed(tmp_path / "case", wait=True) as claim:
            waited.append(claim)

    with claimed(tmp_path / "case", wait=False):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.1)
        assert not waited
    thread.join(10)
    assert waited == [Claim.OURS]


def test_the_kernel_lets_go_of_a_killed_process_claim(tmp_path):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with claimed(tmp_path / "case", wait=False):
            os.write(write, b"!")
            signal.pause()
    os.read(read, 1)
    with claimed(tmp_path / "case", wait=False) as claim:
        assert claim is Claim.THEIRS
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with claimed(tmp_path / "case", wait=False) as claim:
        assert claim is Claim.OURS


def test_a_killed_process_claim_is_let_go_though_processes_that_it_forked_live_on(tmp_path):
    read, write = os.pipe()
    holder = os.fork()
    if holder == 0:
        with claimed(tmp_path / "case", wait=False):
            forked = os.fork()  # as a DataLoader's worker is
            if forked == 0:
                signal.pause()
            os.write(write, f"{forked}\n".encode())
            signal.pause()
    forked = int(os.read(read, 20))
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    try:
        with claimed(tmp_path / "case", wait=False) as claim:
            assert claim is Claim.OURS
    finally:
        os.kill(forked, signal.SIGKILL)


def test_who_holds_a_claim_can_be_asked(tmp_path):
    assert holder_of(tmp_path / "case") == "another process"
    with claimed(tmp_path / "case", wait=False):
        assert holder_of(tmp_path / "case") == f"process {os.getpid()} on {socket.gethostname()}"


def test_many_who_want_it_have_it_one_after_the_other(tmp_path):
    # a lock whose file is removed when it is let go is a lock only if nobody trusts a removed file
    inside, most = [], []

    def work():
        for _ in range(50):
            with claimed(tmp_path / "case", wait=True):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (300, 1)


def test_a_lock_whose_file_was_removed_meanwhile_is_none(tmp_path):
    """The second waits on the first one's file; once that is removed, a third may hold a new one by its name."""
    waited = []

    def wait():
        with claimed(tmp_path / "case", wait=True):
            waited.append(True)

    with claimed(tmp_path / "case", wait=False):
        second = threading.Thread(target=wait)
        second.start()
        second.join(0.2)
        (tmp_path / ".case.lock").unlink()
        third = claimed(tmp_path / "case", wait=False)
        assert third.__enter__() is Claim.OURS
    second.join(0.3)
    assert not waited
    third.__exit__(None, None, None)
    second.join(10)
    assert waited


def test_a_lock_of_another_user_is_theirs(tmp_path, monkeypatch):
    (tmp_path / ".case.lock").touch()
    monkeypatch.setattr(os, "open", Mock(side_effect=PermissionError(errno.EACCES, "Permission denied")))
    with claimed(tmp_path / "case", wait=False) as claim:
        assert claim is Claim.THEIRS


def test_a_file_system_without_locks_leaves_it_open_whose_work_it_is(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with claimed(tmp_path / "case", wait=False) as first, claimed(tmp_path / "case", wait=True) as second:
        assert (first, second) == (Claim.UNKNOWN, Claim.UNKNOWN)


def test_a_folder_that_cannot_be_written_is_no_claim(tmp_path):
    with pytest.raises(FileNotFoundError), claimed(tmp_path / "absent" / "case", wait=False):
        pass
