"""What do a clinic's words for sex, group and split mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kseg.cases.table.telling import Column, quoted
from kseg.clinical.table.numbers import fault_of, is_missing, plain
from kseg.clinical.table.sheet import Cell, text_of

SEXES = {
    **dict.fromkeys(("f", "female", "woman", "女", "女性"), "F"),
    **dict.fromkeys(("m", "male", "man", "男", "男性"), "M"),
}
GROUPS = {
    **dict.fromkeys(("control", "对照", "对照组", "正常", "正常组"), "control"),
    **dict.fromkeys(("mild", "轻度", "轻度组"), "mild"),
    **dict.fromkeys(("moderate", "中度", "中度组"), "moderate"),
    **dict.fromkeys(("severe", "重度", "重度组"), "severe"),
}
SPLITS = {
    **dict.fromkeys(("train", "training", "训练", "训练集"), "train"),
    **dict.fromkeys(("val", "validation", "验证", "验证集"), "val"),
    **dict.fromkeys(("test", "testing", "测试", "测试集"), "test"),
}
"""What clinics write, in lower case and half-width characters."""

SEX_NEEDED = "F, M, female or male is needed, or its meaning, such as 'data.sex_values={1: M, 2: F}'"
SPLIT_NEEDED = "train, val or test is needed, or an empty cell"


def sex_meanings(sex_values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Join the words that are known for F and M with those that the user explains.

    Args:
        sex_values: What the table writes, to F or M.

    Returns:
        Words to F or M; and one line for every meaning that is neither.
    """
    stated = {plain(str(word)): SEXES.get(plain(str(meaning)), "") for word, meaning in sex_values.items()}
    problems = [
        f"data.sex_values.{word} is {meaning!r}; F or M is needed"
        for word, meaning in sex_values.items()
        if plain(str(meaning)) not in SEXES
    ]
    return {**SEXES, **stated}, problems


def read_sexes(cells: Sequence[Cell], meanings: Mapping[str, str]) -> Column[str]:
    """Read a column of F and M.

    Args:
        cells: Of the column.
        meanings: Words to F or M, see `sex_meanings`.
    """
    return _words(cells, meanings, SEX_NEEDED)


def read_splits(cells: Sequence[Cell]) -> Column[str]:
    """Read a column of `train`, `val` and `test`."""
    return _words(cells, SPLITS, SPLIT_NEEDED)


def read_groups(cells: Sequence[Cell]) -> Column[str]:
    """Read a column of groups; a word that is not known stays as it is, since groups can be called anything."""
    spoilt = {position: quoted(cell, need) for position, cell in enumerate(cells) if (need := fault_of(cell))}
    return Column(["" if is_missing(cell) else GROUPS.get(plain(cell), text_of(cell)) for cell in cells], spoilt)


def _words(cells: Sequence[Cell], meanings: Mapping[str, str], need: str) -> Column[str]:
    words = ["" if plain(cell) not in meanings and is_missing(cell) else plain(cell) for cell in cells]
    odd = {
        position: quoted(cells[position], need) for position, word in enumerate(words) if word and word not in meanings
    }
    return Column([meanings.get(word, "") for word in words], odd)
