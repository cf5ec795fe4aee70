"""A sweep while it goes on: which runs belong to it, and whether it was asked to end."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kseg.runs.claim import Claim, claimed

CURRENT = "KSEG_SWEEP"
"""The environment variable by which a sweep's processes find it, wherever a launcher starts them."""


@dataclass(frozen=True)
class Sweep:
    """One command that trains several runs, seen by all of its processes.

    Args:
        notes: A folder of its own within the sweep's folder; processes on other machines see it too.
        pid: The process that was started by the user.
        swept: The keys of which it tries several values.
    """

    notes: Path
    pid: int
    swept: tuple[str, ...] = ()

    @classmethod
    def begun(cls, folder: Path, swept: Sequence[str] = ()) -> Sweep:
        """Begin a sweep whose runs lie in `folder`, and tell it to the processes that will be started."""
        sweep = cls(folder.absolute() / ".jobs" / uuid.uuid4().hex[:8], os.getpid(), tuple(swept))
        sweep.notes.mkdir(parents=True)
        os.environ[CURRENT] = json.dumps([str(sweep.notes), sweep.pid, sweep.swept])
        return sweep

    @classmethod
    def current(cls) -> Sweep | None:
        """The sweep to which this process belongs, if any."""
        if CURRENT not in os.environ:
            return None
        notes, pid, swept = json.loads(os.environ[CURRENT])
        return cls(Path(notes), pid, tuple(swept))

    def note(self, number: int, run: Path, *, refused: str = "", remark: str = "") -> None:
        """Note that a job has come up, why it was refused if it was, and what is to be said of it."""
        self.notes.mkdir(parents=True, exist_ok=True)  # a cluster's jobs may outlive the command that waits for them
        note = self.notes / f"{number:06}"
        note.with_suffix(".part").write_text(json.dumps([str(run), refused, remark]))
        note.with_suffix(".part").rename(note.with_suffix(".json"))

    def runs(self) -> list[Path]:
        """The folders of the runs that have come up, in the order of their jobs."""
        return [run for run, *_ in self.noted()]

    def noted(self) -> list[tuple[Path, str, str]]:
        """The folder of every job that has come up, in their order, why it was refused if it was, and a remark."""
        notes = [json.loads(note.read_text()) for note in sorted(self.notes.glob("*.json"))]
        return [(Path(run), refused, remark) for run, refused, remark in notes]

    @contextmanager
    def turn_of(self, run: Path) -> Iterator[bool]:
        """Whether it is this job's turn to train a run: a search may propose the same values twice at once."""
        self.notes.mkdir(parents=True, exist_ok=True)
        with claimed(self.notes / run.name, wait=False) as claim:
            yield claim is not Claim.THEIRS

    def ask_to_end(self, number: int) -> None:
        """Ask every job to end, and that none begins any more, because of a signal."""
        (self.notes / "asked.part").write_text(str(number))
        (self.notes / "asked.part").rename(self.notes / "asked")

    @property
    def asked_by(self) -> int | None:
        """The signal by which it was asked to end, if it was."""
        asked = self.notes / "asked"
        return int(asked.read_text()) if asked.is_file() else None

    def forget(self) -> None:
        """Remove the notes; the runs' own folders hold what became of them."""
        shutil.rmtree(self.notes, ignore_errors=True)
        with suppress(OSError):  # another sweep of this name goes on
            self.notes.parent.rmdir()
