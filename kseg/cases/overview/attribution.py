"""Which case does a line of problems or remarks speak of?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def lines_by_case(lines: Sequence[str], case_ids: Iterable[str]) -> dict[str, list[str]]:
    """Sort lines by the case that they name in front, as in `P104: ...` or `clinical.csv row 3 (P104): ...`.

    Args:
        lines: One a problem or remark; those that name no case are left out.
        case_ids: Of the cohort.

    Returns:
        What is said of every case, without its name; a case of which nothing is said has no entry.
    """
    known, said = frozenset(case_ids), dict[str, list[str]]()
    for line in lines:
        parts = line.split(": ")
        for end in range(1, len(parts)):  # an id may hold a colon itself
            front = ": ".join(parts[:end])
            named = {front, front.rpartition(" (")[2].removesuffix(")")} & known
            if named:
                said.setdefault(named.pop(), []).append(": ".join(parts[end:]))
                break
    return said
