"""Can a cohort be learnt from, as far as its files go?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from kseg.cases.check.case import EmptyParenchymaError, check_case, outlines_of
from kseg.clinical.cohort import Case
from kseg.errors import InputError
from kseg.images import Volume

WORTH_A_BAR = 8
"""Fewer cases are read before anyone looks for a progress bar."""

EMPTY = ("refuse", "leave_out")
"""What may become of a case in which no parenchyma is drawn."""

Measured = TypeVar("Measured")


@dataclass(frozen=True)
class Checked(Generic[Measured]):
    """What became of a cohort's files.

    Args:
        problems: One line each, of every case.
        remarks: One line each: what was repaired or is unusual.
        left_out: Cases in which no parenchyma is drawn, where such cases are left out.
        undivided: Cases whose label map names no cortex: it tells the parenchyma alone.
        measured: What was measured of each sound case, by its id.
    """

    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    left_out: tuple[str, ...]
    undivided: tuple[str, ...]
    measured: dict[str, Measured]


def check_cases(
    cases: Sequence[Case],
    *,
    max_outside: float,
    empty: str = "refuse",
    workers: int = 2,
    measure: Callable[[Volume, NDArray[np.uint8]], Measured] | None = None,
) -> Checked[Measured]:
    """Read every file once and make sure that it can be learnt from.

    Each CT and its outlines are readable volumes on one grid with a usable affine, the CT holds Hounsfield units, the
    outlines are whole numbers of which it is known what they mean, they are not empty, and the cortex lies inside the
    parenchyma. Whether there are two kidneys is remarked on.

    Args:
        cases: To look at; their order is that of the answer.
        max_outside: Share of the cortex that may lie outside the parenchyma; `kseg.labels.label_map` drops it.
        empty: One of `EMPTY`.
        workers: Cases that are read at once.
        measure: Of a sound case, from its CT and its label map on the same grid, while they are in memory.

    Returns:
        Problems and remarks of all cases.

    Raises:
        InputError: A setting cannot be.
    """
    _check_settings(max_outside, empty, workers)
    look = partial(_look_at, max_outside=max_outside, measure=measure)
    with ThreadPoolExecutor(workers) as pool:  # inflating, NumPy and SciPy let go of the interpreter's lock
        looks = pool.map(look, cases)
        findings = list(
            track(looks, "Checking cases", total=len(cases), transient=True, disable=len(cases) < WORTH_A_BAR)
        )
    left_out = [finding.case_id for finding in findings if finding.empty and empty == "leave_out"]
    kept = [finding for finding in findings if finding.case_id not in left_out]
    remarks = [f"{finding.case_id}: {remark}" for finding in kept for remark in finding.remarks]
    return Checked(
        problems=tuple(f"{finding.case_id}: {problem}" for finding in kept for problem in finding.problems),
        remarks=(*remarks, *_remarks_on_values(kept)),
        left_out=tuple(left_out),
        undivided=tuple(finding.case_id for finding in kept if finding.undivided),
        measured={finding.case_id: finding.measured for finding in kept if finding.measured is not None},
    )


def _check_settings(max_outside: Any, empty: Any, workers: Any) -> None:
    problems = []
    if not isinstance(max_outside, int | float) or not 0 <= max_outside < 1:
        problems.append(f"checks.max_outside is {max_outside!r}; a share from 0 to below 1 is needed, such as 0.01")
    if empty not in EMPTY:
        problems.append(f"checks.empty is {empty!r}; {' or '.join(EMPTY)} is needed")
    if not isinstance(workers, int) or workers < 1:
        problems.append(f"checks.workers is {workers!r}; a whole number from 1 up is needed")
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class _Finding(Generic[Measured]):
    """Of one case; `stated` and `seen` are values that count for a structure, such as ("cortex", 2)."""

    case_id: str
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    stated: frozenset[tuple[str, int]] = frozenset()
    seen: frozenset[tuple[str, int]] = frozenset()
    empty: bool = False
    undivided: bool = False
    measured: Measured | None = None


def _remarks_on_values(findings: Sequence[_Finding[Any]]) -> list[str]:
    """Values that count but occur nowhere are a slip of the pen, or of no use; a single case may lack some."""
    stated = frozenset[tuple[str, int]]().union(*(finding.stated for finding in findings))
    seen = frozenset[tuple[str, int]]().union(*(finding.seen for finding in findings))
    if any(finding.problems for finding in findings):
        return []  # the files that are not seen yet may hold them
    return [
        f"{structure}: its value {value} occurs in no case; is it the one that counts?"
        for structure, value in sorted(stated - seen)
    ]


def _look_at(
    case: Case, max_outside: float, measure: Callable[[Volume, NDArray[np.uint8]], Measured] | None
) -> _Finding[Measured]:
    undecided = case.cortex.undecided if case.cortex else ()  # of which many a cohort of label maps has none
    stated = frozenset(
        (name, value)
        for name, outline in outlines_of(case).items()
        for value in outline.values
        if value not in undecided
    )
    try:
        sound = check_case(case, max_outside)
    except InputError as error:
        empty = isinstance(error, EmptyParenchymaError)
        return _Finding(case.case_id, problems=error.problems, stated=stated, empty=empty)
    return _Finding(
        case_id=case.case_id,
        remarks=sound.remarks,
        stated=stated,
        seen=sound.values_seen(),
        undivided=sound.undivided,
        measured=measure(sound.ct, sound.label_map()) if measure else None,
    )
