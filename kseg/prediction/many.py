"""Many CTs, one after the other: what is done is kept, what is broken is told, and the rest goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from kseg.errors import InputError
from kseg.images import write_atomically
from kseg.labels import STRUCTURES
from kseg.prediction.made import WARNINGS, Made, open_made, stamp_of
from kseg.prediction.one_scan import Wanted, outline_scan
from kseg.prediction.outliner import Outliner
from kseg.printable import printable
from kseg.report.itk_snap import label_descriptions
from kseg.report.numbers import number
from kseg.runs.claim import Claim, claimed
from kseg.runs.ending import Terminated
from kseg.scans import Scan

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""Errors of the system that every further CT would meet, too."""

TOLD = 3
"""So many CTs are named in a line, the others are counted."""

Outline = Callable[[Scan], dict[str, Any]]


def outline_all(
    scans: Sequence[Scan],
    outliner: Outliner,
    output: Path,
    *,
    settings: Mapping[str, Any],
    wanted: Wanted,
    told: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Outline every CT that is not done yet.

    Args:
        scans: The CTs.
        outliner: Of the networks.
        output: The folder.
        settings: What decides the outlines: a folder that was made by others is refused.
        wanted: What is written of each CT.
        told: What else is put down of the outlines' origin.

    Returns:
        Why each CT failed that did, by its name.

    Raises:
        InputError: The folder holds, or would hold, something else; or another process writes into it. Nothing of it
            is changed then.
    """
    output.mkdir(parents=True, exist_ok=True)
    with claimed(output / "prediction", wait=False) as claim:
        if claim is Claim.THEIRS:
            raise InputError(f"{output}: another predict.py writes into it; wait for its end or give another folder")
        made = open_made(output, settings, told)
        _refuse_others(scans, made, wanted)
        made.begin()
        write_atomically(output / "labels.txt", label_descriptions().encode())
        failures = _each(scans, made, wanted, lambda scan: outline_scan(scan, outliner, made, wanted))
        made.tell_failed(failures, [scan.name for scan in scans])
    return failures


def refuse_places(scans: Sequence[Scan], place: Path, output: Path) -> None:
    """Refuse an output among the CTs themselves, and two CTs of one name.

    Args:
        scans: The CTs.
        place: Where they were looked for, in folders below it, too.
        output: The folder for what comes out.

    Raises:
        InputError: One line a problem.
    """
    named: dict[str, list[str]] = {}
    for scan in scans:
        named.setdefault(scan.name, []).append(str(scan.place))
    doubled = {name: " and ".join(places) for name, places in named.items() if len(places) > 1}
    problems = [f"{name} would stand for {of}; give them different names" for name, of in doubled.items()]
    if place.is_dir() and output.resolve().is_relative_to(place.resolve()):
        problems.append(
            f"{output}: lies among the CTs, and its label maps would be taken for some; give another output"
        )
    elif output.resolve() == place.resolve().parent:
        problems.append(f"{output}: holds the CT itself; give another folder as output")
    if problems:
        raise InputError(problems)


def tell_failures(failures: Mapping[str, str], total: int, console: Console) -> None:
    """Print what failed, as a table."""
    table = Table("CT", "why it gave no result", title=f"{len(failures)} of {total} CTs failed", title_justify="left")
    for name, problem in failures.items():
        table.add_row(Text(name), Text(problem))
    console.print(table)


def _refuse_others(scans: Sequence[Scan], made: Made, wanted: Wanted) -> None:
    """Keep what is in the folder already of another origin, by hand or of another CT of the same name."""
    foreign = [scan.name for scan in scans if made.is_foreign(scan.name, wanted.files(made, scan))]
    others = [scan.name for scan in scans if _is_of_another(scan, made)]
    problems = []
    if foreign:
        problems.append(f"{made.folder}: holds files of {_few(foreign)} that predict.py did not make")
    if others:
        problems.append(f"{made.folder}: holds {_few(others)} of other CTs of that name, from another place")
    if problems:
        raise InputError([f"{problem}; give another folder as output" for problem in problems])


def _is_of_another(scan: Scan, made: Made) -> bool:
    try:
        return made.is_of_another(scan.name, _stamp(scan), scan.place)
    except OSError:  # it is told when its turn comes
        return False


def _stamp(scan: Scan) -> str:
    return stamp_of(scan.files)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:TOLD]) + (f" and {len(names) - TOLD} more" if len(names) > TOLD else "")


def _each(scans: Sequence[Scan], made: Made, wanted: Wanted, outline: Outline) -> dict[str, str]:
    failures: dict[str, str] = {}
    done = 0
    with Progress(console=Console(soft_wrap=True)) as progress:
        task = progress.add_task("Outlining CTs", total=len(scans))
        for scan in scans:
            with _collected(scan, failures):
                stamp = _stamp(scan)
                if made.is_done(scan.name, stamp, wanted.files(made, scan)):
                    done += 1
                else:
                    made.start(scan.name, wanted.files(made, scan))
                    row = outline(scan)
                    made.keep(scan.name, stamp, row, scan.place)
                    progress.console.print(Text(_told(scan.name, row)))
            if scan.name in failures:
                made.drop(scan.name)
                told = f"{scan.name}: failed, {scan.place}: {failures[scan.name]}"
                progress.console.print(Text(printable(told)))
            progress.advance(task)
    if done:
        print(f"{done} of {len(scans)} CTs were done before")
    return failures


@contextmanager
def _collected(scan: Scan, failures: dict[str, str]) -> Iterator[None]:
    """Put down why a CT failed, and go on; unless the user ends it, or the disk is full."""
    try:
        yield
    except Terminated:
        raise
    except InputError as error:
        told = (problem.removeprefix(f"{scan.place}: ") for problem in error.problems)
        failures[scan.name] = printable("; ".join(told))
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        failures[scan.name] = printable(" ".join(f"{type(error).__name__}: {error}".split()))


def _told(name: str, row: Mapping[str, Any]) -> str:
    volumes = (f"{structure} {number(row[f'{structure}_ml'], 1)} ml" for structure in STRUCTURES)
    warned = [f"\n  warning: {printable(row[WARNINGS])}"] if row[WARNINGS] else []
    return "".join([f"{name}: {', '.join(volumes)}", *warned])
