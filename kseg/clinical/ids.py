"""Which names can neither tell cases apart nor name a file?"""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from kseg.clinical.rows import FILE_NAME

LONGEST_NAME = 200
"""Bytes of an id in UTF-8: file systems take 255, of which endings such as `.nii.gz` need some."""


def id_problems(rows: pd.DataFrame) -> list[str]:
    """Find cases that cannot be told apart, or cannot give their name to a file.

    Args:
        rows: With the columns `case_id` and `patient_id`; the index is what the user calls the row.

    Returns:
        One line a problem.
    """
    nobody, unnamed = rows["patient_id"] == "", rows["case_id"] == ""
    problems = [f"row {row}: no patient_id; every row needs one" for row in rows.index[nobody]]
    problems += [f"row {row}: no case_id; every row needs one" for row in rows.index[~nobody & unnamed]]
    cases = rows["case_id"][~unnamed]
    doubled = cases[cases.duplicated(keep=False)]
    for case_id, places in doubled.index.to_series().astype("str").groupby(doubled.to_numpy(), sort=False):
        where = f"{len(places)} rows ({', '.join(places)})"
        problems.append(f"{case_id}: {where}; keep one, or give each CT a case_id of its own")
    for alike in _same_but_for(cases, str.casefold):
        said = f"{' and '.join(alike)}: differ in capitals alone, so that on some systems their files are one"
        problems.append(f"{said}; rename all but one")
    return problems + [problem for case_id in cases.unique() for problem in _name_problems(case_id)]


def path_problems(rows: pd.DataFrame) -> list[str]:
    """Find paths that a table cannot hold, because their names are not UTF-8.

    Args:
        rows: With the columns `case_id`, `image`, `parenchyma` and `cortex`.

    Returns:
        One line a problem.
    """
    return [
        f"{case}: the path of its {column} is not UTF-8, {path!r}; rename the file or its folder"
        for column in ("image", "parenchyma", "cortex")
        for case, path in zip(rows["case_id"], rows[column], strict=True)
        if not _is_utf_8(path)
    ]


def patient_remarks(rows: pd.DataFrame) -> list[str]:
    """Say which patients look like one and count as several.

    Args:
        rows: With the column `patient_id`.

    Returns:
        One line each.
    """
    return [
        f"patients {' and '.join(alike)} differ in capitals alone and count as {len(alike)}"
        for alike in _same_but_for(rows["patient_id"], str.casefold)
    ]


def patient_problems(rows: pd.DataFrame) -> list[str]:
    """Find patients who are one person by all that a spreadsheet may have changed in an id, but not by the letter.

    Args:
        rows: With the column `patient_id`.

    Returns:
        One line each: whoever counts as two could be learnt from and tested.
    """
    return [
        f"patients {' and '.join(alike)} differ in leading zeros, blanks or a decimal alone; write one patient one way"
        for alike in _same_but_for(rows["patient_id"], _spreadsheet_form)
    ]


def _spreadsheet_form(name: str) -> str:
    whole = "".join(name.split())
    return whole.removesuffix(".0").lstrip("0") if re.fullmatch(r"\d+(\.0)?", whole) else whole


def _same_but_for(names: pd.Series[str], form: Callable[[str], str]) -> list[list[str]]:
    alike: dict[str, list[str]] = {}
    for name in names.unique():
        alike.setdefault(form(name), []).append(name)
    return [several for several in alike.values() if len(several) > 1]


def _name_problems(case_id: str) -> list[str]:
    if not _is_utf_8(case_id):
        return [f"{case_id!r}: cannot name a file; its letters are not UTF-8"]
    if not FILE_NAME.fullmatch(case_id):
        return [f"{case_id!r}: cannot name a file; an id has no / or \\ and does not start with a point"]
    length = len(case_id.encode())
    if length > LONGEST_NAME:
        return [f"{case_id[:20]}...: cannot name a file; an id has at most {LONGEST_NAME} bytes, this one {length}"]
    return []


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
