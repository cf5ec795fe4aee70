"""How many patients of each group go to each split?"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from kseg.clinical.groups import NO_GROUP
from kseg.errors import InputError

SPLITS = ("train", "val", "test")

REMAINDER_ORDER = ("train", "test", "val")
"""Who gets a patient when remainders tie: one can do without validation, not without learning or judging."""


def largest_remainder(number: int, fractions: Mapping[str, float | Fraction]) -> dict[str, int]:
    """Divide a number of patients so that each split is less than one patient from its exact share.

    Args:
        number: Patients to place.
        fractions: Per split, relative to their sum; 0 where one is not named.

    Returns:
        Patients per split; they add up to `number`.

    >>> largest_remainder(16, {"train": 0.5, "val": 0.125, "test": 0.375})
    {'train': 8, 'val': 2, 'test': 6}
    """
    parts = {split: Fraction(str(fractions.get(split, 0))) for split in SPLITS}  # 0.1 is a tenth, not its float
    exact = {split: number * part / sum(parts.values()) for split, part in parts.items()}
    sizes = {split: floor(share) for split, share in exact.items()}
    by_remainder = sorted(REMAINDER_ORDER, key=lambda split: sizes[split] - exact[split])
    for split in by_remainder[: number - sum(sizes.values())]:
        sizes[split] += 1
    return sizes


def sizes_by_fractions(groups: Mapping[str, int], fractions: Mapping[str, float]) -> dict[str, dict[str, int]]:
    """Divide every group by the same fractions, each rounded by largest remainder.

    Args:
        groups: Patients per group.
        fractions: Per split, relative to their sum; 0 where one is not named.

    Returns:
        Per group and split, the number of patients.

    Raises:
        InputError: A split is unknown, a fraction is negative or null, or all are 0.
    """
    problems = _unknown_splits(fractions)
    for split, share in fractions.items():
        if not isinstance(share, int | float) or not 0 <= share < float("inf"):
            problems.append(f"split: the fraction of {split} is {share}; a number from 0 up is needed")
    if not problems and not any(fractions.values()):
        problems.append("split: every fraction is 0; at least one must be more")
    if problems:
        raise InputError(problems)
    return {group: largest_remainder(number, fractions) for group, number in groups.items()}


Count = int | None | Mapping[str, int]
"""Patients of every group, None for the rest, or of each group its own number."""


def sizes_by_counts(groups: Mapping[str, int], counts: Mapping[str, Count]) -> dict[str, dict[str, int]]:
    """Take a number of patients from every group.

    Args:
        groups: Patients per group.
        counts: Per split; 0 where one is not named, None for the one that takes the rest, a number a group where they
            differ.

    Returns:
        Per group and split, the number of patients.

    Raises:
        InputError: A split or group is unknown, a count is negative or no whole number, two take the rest, or the
            counts do not fit a group.
    """
    problems = _unknown_splits(counts)
    for split, count in counts.items():
        problems += _uncountable(split, count, groups)
    open_ended = [split for split in SPLITS if split in counts and counts[split] is None]
    if len(open_ended) > 1:
        problems.append(f"split: {' and '.join(open_ended)} are left open; only one can take the rest")
    if problems:
        raise InputError(problems)
    by_group = {group: {split: _in_group(count, group) for split, count in counts.items()} for group in groups}
    problems = [problem for group, number in groups.items() for problem in _misfit(group, number, by_group[group])]
    if problems:
        raise InputError(problems)
    return {group: _sizes(number, by_group[group]) for group, number in groups.items()}


def _sizes(number: int, counts: Mapping[str, int | None]) -> dict[str, int]:
    rest = number - sum(count or 0 for count in counts.values())
    return {split: rest if split in counts and counts[split] is None else counts.get(split) or 0 for split in SPLITS}


def _uncountable(split: str, count: Count, groups: Mapping[str, int]) -> list[str]:
    if isinstance(count, Mapping):
        unknown = [f"split: {split} counts {group!r}, which is no group" for group in count if group not in groups]
        lacking = [f"split: {split} has no count for {group}" for group in groups if group not in count]
        wrong = [problem for group in count.values() for problem in _uncountable(split, group, groups)]
        return unknown + lacking + wrong
    if count is None or (isinstance(count, int) and count >= 0):
        return []
    return [f"split: the count of {split} is {count}; a whole number from 0 up is needed, or null"]


def _in_group(count: Count, group: str) -> int | None:
    return count[group] if isinstance(count, Mapping) else count


def validation_problems(val: float) -> list[str]:
    """Find out whether a share can be set aside for validation.

    Args:
        val: The share.

    Returns:
        One line, or none.
    """
    if isinstance(val, int | float) and 0 <= val < 1:
        return []
    return [f"split: val is {val!r}; a share from 0 up to less than 1 is needed, such as 0.125"]


def sizes_with_validation(groups: Mapping[str, int], val: float) -> dict[str, dict[str, int]]:
    """Set a share of every group aside for validation; the others train.

    Args:
        groups: Patients per group, without those who are tested.
        val: The share, as `validation_problems` wants it, rounded by largest remainder.

    Returns:
        Per group and split, the number of patients; none is tested.
    """
    share = Fraction(str(val))
    return {group: largest_remainder(number, {"train": 1 - share, "val": share}) for group, number in groups.items()}


def _unknown_splits(shares: Mapping[str, object]) -> list[str]:
    return [
        f"split: {split!r} is not known; the splits are {', '.join(SPLITS)}" for split in shares if split not in SPLITS
    ]


def _misfit(group: str, number: int, counts: Mapping[str, int | None]) -> list[str]:
    wanted = sum(count or 0 for count in counts.values())
    said = ", ".join(f"{split} {'the rest' if count is None else count}" for split, count in counts.items())
    has = f"{group} has {number} patients" if group else f"{number} patients are {NO_GROUP}"
    if wanted > number:
        return [f"split: {has}, {wanted} are asked for ({said}); lower the counts"]
    if wanted < number and None not in counts.values():
        return [f"split: {has}, {wanted} are placed ({said}); set one count to null for the rest"]
    return []
