"""Which files belong to which row of a table?"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from kseg.cases.layout.case_rows import CaseRow, as_rows
from kseg.cases.layout.files import Layout
from kseg.cases.layout.label_values import LabelValues
from kseg.clinical.rows import FILE_NAME, Imported
from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError
from kseg.images import SUFFIXES

REQUIRED = ("image", "parenchyma")
OTHER_SUFFIXES = f"{', '.join(SUFFIXES[1:-1])} or {SUFFIXES[-1]}"


@dataclass(frozen=True)
class Matched:
    """The files of a table's cases.

    Args:
        files: By kind: the file of every case that has one, by the table's case_id.
        problems: One line each: files and rows that lack each other.
        remarks: One line each.
    """

    files: dict[str, dict[str, Path]]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Pairs:
    """What one kind of files is called by the table's cases, who have none, and which files are nobody's."""

    name_of: dict[str, str]
    doubtful: dict[str, list[str]]
    alone: tuple[str, ...]


def match_files(case_ids: Sequence[str], layout: Layout, table: str | None) -> Matched:
    """Give every case its files, by name.

    Names that differ only in upper and lower case, in the zeros before a number (a spreadsheet's 7 for 007) or in the
    way that Unicode writes an accent are the same where no other name could be meant; this is remarked.

    Args:
        case_ids: Of the table, or of the files themselves where there is no table.
        layout: The files. Every case needs a CT and a parenchyma; a cortex may be missing.
        table: What the table is called; None where there is none.

    Returns:
        The files, and what lacks its counterpart.
    """
    cases = list(dict.fromkeys(case_id for case_id in case_ids if FILE_NAME.fullmatch(case_id)))
    pairs = {kind: _pair(cases, [*files]) for kind, files in layout.files.items()}
    files = {
        kind: {case_id: layout.files[kind][name] for case_id, name in paired.name_of.items()}
        for kind, paired in pairs.items()
    }
    problems = [*_doubts(layout, pairs), *_gaps(cases, layout, pairs, table), *_strays(layout, pairs, table)]
    problems += [*layout.problems, *_no_cortex_at_all(layout, files)]
    return Matched(files, tuple(problems), (*_renamed(pairs, table), *_without_cortex(cases, files)))


def cases_of_files(root: Path, layout: Layout) -> Imported:
    """Make one patient of every case that has files, for want of a table.

    Args:
        root: The folder.
        layout: Its files.

    Returns:
        One row a case, sorted by its name, with empty paths.

    Raises:
        InputError: There are no files.
    """
    cases = sorted({case_id for files in layout.files.values() for case_id in files})
    if not cases:
        places = ", ".join(dict.fromkeys(f"{pattern}.nii.gz" for pattern in layout.patterns.values()))
        raise InputError(f"{root}: no files; {places} are needed, or .nii or .nrrd")
    number = counted(len(cases), "case is", "cases are")
    remark = f"no table: {number} called by the files, each a patient without clinical values"
    return Imported(as_rows([CaseRow(case_id) for case_id in cases]), remarks=(remark,))


def with_files(told: Imported, layout: Layout, values: LabelValues, *, table: str | None) -> Imported:
    """Write into a table's rows where the files of each case lie.

    Args:
        told: The table's cases.
        layout: The files; see `match_files`.
        values: Of label maps: which integers count.
        table: What the table is called; None where there is none.

    Returns:
        The same with its paths, and with what is wrong with the files.
    """
    matched = match_files(told.rows["case_id"].tolist(), layout, table)
    files = matched.files
    outlines = {
        "image": {case_id: str(file) for case_id, file in files["image"].items()},
        "parenchyma": {case_id: str(values.parenchyma_in(file)) for case_id, file in files["parenchyma"].items()},
        "cortex": {case_id: str(values.cortex_in(file)) for case_id, file in files.get("cortex", {}).items()},
    }
    rows = told.rows.assign(**{kind: _column(told.rows["case_id"], texts) for kind, texts in outlines.items()})
    return replace(
        told,
        rows=rows,
        problems=(*told.problems, *matched.problems),
        remarks=(*told.remarks, *matched.remarks),
    )


def _column(case_ids: pd.Series[str], texts: Mapping[str, str]) -> pd.Series[str]:
    return pd.Series([texts.get(case_id, "") for case_id in case_ids], case_ids.index, dtype="str")


def _pair(case_ids: Sequence[str], names: Sequence[str]) -> _Pairs:
    name_of = {case_id: case_id for case_id in set(case_ids) & set(names)}
    alike: dict[str, list[str]] = {}
    for name in names:
        if name not in name_of:
            alike.setdefault(_key(name), []).append(name)
    unnamed: dict[str, list[str]] = {}
    for case_id in case_ids:
        if case_id not in name_of and _key(case_id) in alike:
            unnamed.setdefault(_key(case_id), []).append(case_id)
    doubtful: dict[str, list[str]] = {}
    for key, cases in unnamed.items():
        if len(cases) == len(alike[key]) == 1:
            name_of[cases[0]] = alike[key][0]
        else:
            doubtful |= {case_id: alike[key] for case_id in cases}
    told = {*name_of.values(), *(name for names in doubtful.values() for name in names)}
    return _Pairs(name_of, doubtful, tuple(name for name in names if name not in told))


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFC", name).casefold()
    return plain.lstrip("0") if plain.isdecimal() else plain


def _doubts(layout: Layout, pairs: dict[str, _Pairs]) -> list[str]:
    return [
        f"{case_id}: {' or '.join(names)} in {layout.folder_of(kind)} may be meant; call rows and files the same"
        for kind, paired in pairs.items()
        for case_id, names in paired.doubtful.items()
    ]


def _gaps(cases: Sequence[str], layout: Layout, pairs: dict[str, _Pairs], table: str | None) -> list[str]:
    remedy = "add what is missing or take out the row" if table else "add what is missing or take the other files out"
    problems = []
    for case_id in cases:
        lacking = dict.fromkeys(
            layout.place_of(kind, case_id)
            for kind in REQUIRED
            if case_id not in pairs[kind].name_of and case_id not in pairs[kind].doubtful
        )
        if lacking:
            problems.append(f"{case_id}: no {' and no '.join(lacking)}, nor as {OTHER_SUFFIXES}; {remedy}")
    return problems


def _strays(layout: Layout, pairs: dict[str, _Pairs], table: str | None) -> list[str]:
    places: dict[str, dict[str, None]] = {}
    for kind, paired in pairs.items():
        for name in paired.alone:
            places.setdefault(name, {})[layout.folder_of(kind)] = None
    return [
        f"{name}: lies in {', '.join(where)} but has no row in {table}; add the row or take the files out"
        for name, where in sorted(places.items())
    ]


def _no_cortex_at_all(layout: Layout, files: dict[str, dict[str, Path]]) -> list[str]:
    if files.get("cortex", True) or not files["parenchyma"]:
        return []
    place = layout.folder_of("cortex")
    return [f"{place}: no case has a cortex outline there; add them, or set data.cortex=null where none was drawn"]


def _renamed(pairs: dict[str, _Pairs], table: str | None) -> list[str]:
    others = dict.fromkeys(
        f"{case_id} ({name})"
        for paired in pairs.values()
        for case_id, name in paired.name_of.items()
        if case_id != name
    )
    number = counted(len(others), "case is", "cases are")
    return [f"{number} called otherwise by {table} than by the files: {few_of([*others], TEN)}"] if others else []


def _without_cortex(cases: Sequence[str], files: dict[str, dict[str, Path]]) -> list[str]:
    if not files.get("cortex"):
        return []
    whole = [case_id for case_id in cases if all(case_id in files[kind] for kind in REQUIRED)]
    bare = [case_id for case_id in whole if case_id not in files["cortex"]]
    if not bare:
        return []
    number = counted(len(bare), "case has", "cases have")
    verbs = "it teaches and is scored" if len(bare) == 1 else "they teach and are scored"
    return [f"{number} no cortex outline; {verbs} on the parenchyma alone: {few_of(bare, TEN)}"]
