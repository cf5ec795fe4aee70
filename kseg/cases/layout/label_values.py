"""Which integers of a set's label maps stand for what?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kseg.errors import InputError
from kseg.outlines import Outline

NAMES = ("parenchyma", "cortex", "undivided")


@dataclass(frozen=True)
class LabelValues:
    """The integers of label maps; without any, all but 0 count, as in a mask.

    Args:
        parenchyma: Of the renal parenchyma, the cortex among them.
        cortex: Of the cortex.
        undivided: Of parenchyma in which cortex and medulla are not told apart.
    """

    parenchyma: tuple[int, ...] = ()
    cortex: tuple[int, ...] = ()
    undivided: tuple[int, ...] = ()

    def parenchyma_in(self, file: Path) -> Outline:
        """The parenchyma that is drawn in a file."""
        values = (*self.parenchyma, *self.undivided) if self.parenchyma else ()
        return Outline((file,), tuple(dict.fromkeys(values)))

    def cortex_in(self, file: Path) -> Outline:
        """The cortex that is drawn in a file."""
        return Outline((file,), self.cortex, self.undivided)


def stated_values(values: Mapping[str, Any], *, one_file: bool) -> LabelValues:
    """Read which values count from a setting.

    Args:
        values: `parenchyma`, `cortex` and `undivided`, each an integer, a list of integers, or None for all but 0.
        one_file: Whether parenchyma and cortex are drawn in the same files.

    Returns:
        The values.

    Raises:
        InputError: A name is unknown, a value is no integer above 0, or the values contradict each other.
    """
    problems = [f"data.values.{name}: not known; {', '.join(NAMES)} are needed" for name in values if name not in NAMES]
    read: dict[str, tuple[int, ...]] = {}
    for name in NAMES:
        stated = values.get(name)
        read[name] = () if stated is None else tuple(stated) if isinstance(stated, list | tuple) else (stated,)
        problems += [
            f"data.values.{name}: {value!r}; integers above 0 are needed, as in [1,2]"
            for value in read[name]
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0
        ]
    found = LabelValues(**read)
    problems = problems or contradictions(found, one_file=one_file, setting="data.values")
    if problems:
        raise InputError(problems)
    return found


def contradictions(values: LabelValues, *, one_file: bool, setting: str) -> list[str]:
    """Find values that cannot mean both of what they are stated to mean.

    Args:
        values: As they were stated.
        one_file: Whether parenchyma and cortex are drawn in the same files.
        setting: What the user calls them.

    Returns:
        One line a problem.
    """
    parenchyma, cortex, undivided = set(values.parenchyma), set(values.cortex), set(values.undivided)
    problems = []
    if both := sorted(undivided & cortex):
        problems.append(f"{setting}: {_told(both)} cannot be cortex and undivided; keep one")
    if one_file and not cortex:
        problems.append(f"{setting}.cortex: not given, though both lie in the same files; give its values, as in [2]")
    if outside := sorted(cortex - parenchyma) if one_file and parenchyma else []:
        problems.append(
            f"{setting}.parenchyma: {_told(sorted(parenchyma))} without the cortex's {_told(outside)}; "
            "the parenchyma is medulla and cortex, give the values of both"
        )
    return problems


def _told(values: list[int]) -> str:
    return ", ".join(map(str, values))
