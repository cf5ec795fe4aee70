"""How are many cases told in few lines?"""

from __future__ import annotations

from collections.abc import Sequence

FEW = 5
"""So many names stand in a remark; the rest is counted."""

TEN = 10
"""So many names stand in a problem, where each is somebody's work, and so many remarks of one kind a line each."""


def few_of(names: Sequence[str], most: int = FEW) -> str:
    """Name the first of many, and count the others.

    Args:
        names: At least one.
        most: How many are named.

    >>> few_of(["P1", "P2", "P3"], most=2)
    'P1, P2 and 1 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def counted(number: int, one: str, many: str) -> str:
    """Put a number before what it counts.

    Args:
        number: Of them.
        one: What follows 1.
        many: What follows any other number.

    >>> counted(1, "case has", "cases have"), counted(2, "case has", "cases have")
    ('1 case has', '2 cases have')
    """
    return f"{number} {one if number == 1 else many}"


def first_lines(lines: Sequence[str], rest: str) -> list[str]:
    """Give the first lines of many, and count the others in a last one.

    Args:
        lines: One a case.
        rest: What is said of the cases that are only counted.

    >>> first_lines(["P1: sold", "P2: sold"], rest="are sold")
    ['P1: sold', 'P2: sold']
    """
    more = [f"{len(lines) - TEN} more {rest}"] if len(lines) > TEN else []
    return [*lines[:TEN], *more]
