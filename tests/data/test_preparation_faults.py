"""Prepared cases survive what happens to processes and disks: kills, full disks, company, damage."""

import dataclasses
import errno
import fcntl
import logging
import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from kseg.data import making, prepared
from kseg.data.prepared import prepare_cases
from kseg.errors import InputError


@pytest.fixture
def whole(cases, preparation, tmp_path):
    """What an undisturbed preparation makes."""
    made = prepare_cases(cases, preparation, tmp_path / "undisturbed", workers=1)
    return {one.folder.name: contents_of(one.folder) for one in made}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "prepared"


def contents_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def stored_in(root):
    """All that lies there, hidden leftovers included."""
    return {path.name: contents_of(path) if path.is_dir() else "file" for path in root.iterdir()}


def ended(child):
    """How a process ended: minus the signal that killed it, or its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_myself(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at_call(module, name, number):
    """Let the process be killed at one call of a function, before or in the middle of what it does."""
    calls, original = [], getattr(module, name)

    def called(*given, **named):
        calls.append(1)
        if len(calls) == number:
            kill_myself()
        return original(*given, **named)

    setattr(module, name, called)


MOMENTS = {
    "before anything": (making, "read_outlines", 1),
    "before the second case": (making, "read_outlines", 2),
    "before the CT": (making, "write_nifti", 1),
    "in the middle of the CT": (os, "fsync", 1),
    "before the label map": (making, "write_nifti", 2),
    "in the middle of the label map": (os, "fsync", 2),
    "among the places": (os, "fsync", 4),
    "before the contents": (making, "write_atomically", 4),
    "in the middle of the contents": (os, "fsync", 6),
    "before it is moved": (Path, "rename", 1),
    "after it is moved": (shutil, "rmtree", 1),
    "in the third case": (os, "fsync", 14),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_after_a_kill_the_next_start_finishes_what_was_begun(in_a_process, moment, cases, preparation, root, whole):
    def be_killed():
        kill_at_call(*moment)
        prepare_cases(cases, preparation, root, workers=1)

    assert ended(in_a_process(be_killed)) == -signal.SIGKILL
    begun = {name: content for name, content in stored_in(root).items() if not name.startswith(".")}
    assert begun.items() <= whole.items()  # what has its name is whole
    prepare_cases(cases, preparation, root)
    assert stored_in(root) == whole


def test_two_processes_share_the_work_and_do_none_twice(
    in_a_process, cases, preparation, root, whole, tmp_path, monkeypatch
):
    work, log = making.make_case, os.open(tmp_path / "made", os.O_CREAT | os.O_APPEND | os.O_RDWR)

    def work_and_tell(case, *given):
        os.write(log, f"{case.case_id} ".encode())
        time.sleep(0.05)
        work(case, *given)

    monkeypatch.setattr(prepared, "make_case", work_and_tell)
    children = [in_a_process(lambda: prepare_cases(cases, preparation, root, workers=1)) for _ in range(3)]
    assert [ended(child) for child in children] == [0, 0, 0]
    assert sorted((tmp_path / "made").read_text().split()) == ["P000", "P001", "P002", "P003", "P004"]
    assert stored_in(root) == whole


def test_what_a_living_process_writes_is_left_alone_and_made_by_another_once_it_is_killed(
    in_a_process, cases, preparation, root, whole
):
    read, write = os.pipe()

    def stand_still(*_):
        os.write(write, b"!")
        signal.pause()

    def stand_still_in_the_middle():
        making.write_atomically = stand_still
        prepare_cases(cases[:1], preparation, root, workers=1)

    first = in_a_process(stand_still_in_the_middle)
    os.read(read, 1)
    second = in_a_process(lambda: prepare_cases(cases, preparation, root, workers=2))
    others = set(whole) - {next(name for name in whole if name.startswith("P000"))}
    wait_until(lambda: others <= set(os.listdir(root)))
    assert [name for name in os.listdir(root) if name.endswith(".partial")]
    assert os.waitpid(second, os.WNOHANG) == (0, 0)
    os.kill(first, signal.SIGKILL)
    assert (ended(first), ended(second)) == (-signal.SIGKILL, 0)
    assert stored_in(root) == whole


def wait_until(reached, seconds=20):
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_full_disk_is_told_in_one_line_and_the_next_start_goes_on(
    in_a_process, cases, preparation, root, whole, tmp_path
):
    # no file of a process may grow beyond RLIMIT_FSIZE; the kernel refuses the write as it does on a full disk
    finer = dataclasses.replace(preparation, spacing_mm=(1.0, 1.0, 1.0))

    def fill_the_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        prepare_cases(cases, preparation, root)  # 16 KB each
        told = told_by(lambda: prepare_cases(cases, finer, root))  # 123 KB each
        assert len(told) == 1
        assert f"{root}: prepared cases cannot be written (" in told[0]
        assert "File too large" in told[0]

    assert ended(in_a_process(fill_the_disk)) == 0
    assert stored_in(root) == whole
    assert len(prepare_cases(cases, finer, root)) == len(cases)
    assert len(stored_in(root)) == 2 * len(cases)


def told_by(work):
    try:
        work()
    except InputError as error:
        return error.problems
    raise AssertionError("nothing was told")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 64 KiB."""
    place = tmp_path / "small_disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_really_full_holds_whole_cases_alone(cases, preparation, small_disk, whole):
    told = told_by(lambda: prepare_cases(cases, preparation, small_disk / "prepared", workers=1))
    assert len(told) == 1
    assert "No space left on device" in told[0]
    assert stored_in(small_disk / "prepared").items() <= whole.items()
    subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)
    prepare_cases(cases, preparation, small_disk / "prepared")
    assert stored_in(small_disk / "prepared") == whole


def test_a_bad_case_and_a_full_disk_are_both_told(cases, preparation, root, monkeypatch):
    cases[0].image.write_bytes(b"no CT")

    def fill(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(making, "write_atomically", fill)
    bad, full = told_by(lambda: prepare_cases(cases, preparation, root, workers=1))
    assert bad.startswith("P000: ")
    assert full.startswith(f"{root}: prepared cases cannot be written ([Errno 28] No space left on device)")
    assert stored_in(root) == {}


def test_a_place_that_cannot_be_written_is_told(cases, preparation, tmp_path):
    (tmp_path / "a file").touch()
    (told,) = told_by(lambda: prepare_cases(cases, preparation, tmp_path / "a file"))
    assert told.startswith(f"{tmp_path / 'a file'}: prepared cases cannot be written")


DAMAGES = {
    "a file is gone": lambda folder: (folder / "ct.nii").unlink(),
    "a file was cut off": lambda folder: os.truncate(folder / "ct.nii", 5000),
    "a file has grown": lambda folder: (folder / "places_cortex.npy").write_bytes(bytes(90_000)),
    "its contents are gone": lambda folder: (folder / "contents.json").unlink(),
    "its contents were cut off": lambda folder: os.truncate(folder / "contents.json", 70),
    "its contents are something else": lambda folder: (folder / "contents.json").write_text("[1, 2]"),
    "all is gone but the folder": lambda folder: [file.unlink() for file in folder.iterdir()],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_case_is_told_and_made_anew(damage, cases, preparation, root, whole, caplog):
    made = prepare_cases(cases, preparation, root)
    damage(made[2].folder)
    with caplog.at_level(logging.WARNING, "kseg"):
        assert prepare_cases(cases, preparation, root) == made
    assert [record.getMessage()[:37] for record in caplog.records] == ["P002: its prepared case was damaged ("]
    assert stored_in(root) == whole


def test_leftovers_of_another_recipe_are_cleared_too(cases, preparation, root, whole):
    left = root / ".P9.3-0123456789abcdef.4711.partial"
    left.mkdir(parents=True)
    (left / "ct.nii").write_bytes(b"half")
    (root / ".P9.3-0123456789abcdef.lock").touch()
    (root / ".of_somebody_else").touch()
    prepare_cases(cases, preparation, root)
    assert stored_in(root) == whole | {".of_somebody_else": "file"}


def test_a_file_system_without_locks_will_do(cases, preparation, root, whole, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    prepare_cases(cases, preparation, root)
    assert stored_in(root) == whole


def test_a_case_that_another_process_made_without_locks_is_taken_as_it_is(cases, preparation, root, whole, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    def be_overtaken(self, target):
        if not target.exists():
            shutil.copytree(self, target)  # as the other one does
        return rename(self, target)

    rename = Path.rename
    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(Path, "rename", be_overtaken)
    prepare_cases(cases, preparation, root)
    assert stored_in(root) == whole
