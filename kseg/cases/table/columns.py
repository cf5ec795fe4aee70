"""Which of a clinic's columns is which of ours?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from kseg.cases.table.units import without_units
from kseg.clinical.saying import few_of
from kseg.clinical.table.sheet import IDS, Cell, text_of

KNOWN: dict[str, frozenset[str]] = {
    ours: frozenset(names.split())
    for ours, names in {
        "patient_id": "patientid patient id pid subject subjectid patientno patientnumber mrn 编号 患者编号 病人编号 "
        "患者id 病人id 患者号 病例号 病例编号 病案号 住院号 登记号",
        "case_id": "caseid case scan scanid 影像号 检查号",
        "sex": "sex gender 性别",
        "age": "age ageyears ageyrs ageinyears 年龄 年龄岁",
        "creatinine": "creatinine serumcreatinine scr crea creat cr 肌酐 血肌酐 血清肌酐",
        "egfr": "egfr gfr 肾小球滤过率 估算肾小球滤过率 估计肾小球滤过率",
        "group": "group stage ckdstage 分组 组别 分期 ckd分期",
        "split": "split set 划分 数据集划分",
    }.items()
}
"""Our columns, and how clinics call them: names as `plain_name` gives them, parted by blanks."""

PERSONAL_NAMES = frozenset(
    ("name", "patientname", "fullname", "surname", "lastname", "firstname", "姓名", "患者姓名", "病人姓名", "名字")
)
"""Never taken for an id: ids name files, and stand in reports."""

BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|【[^】]*】")
FILLING = re.compile(r"[\s_:./\\,;#*'\"()-]+")
MOST_LISTED = 20


def plain_name(header: str) -> str:
    """Reduce a column's name to what is compared.

    >>> plain_name("血肌酐(μmol/L)"), plain_name("Patient ID:"), plain_name("creatinine_mg_dl")
    ('血肌酐', 'patientid', 'creatinine')
    """
    return FILLING.sub("", BRACKETED.sub("", without_units(header)))


def find_columns(headers: Sequence[Cell], columns: Mapping[str, str | None]) -> dict[str, list[int]]:
    """Find our columns among a table's.

    Args:
        headers: The names of the table's columns.
        columns: Our names to the table's; None to find a column by its name, "" for a column that is not to be read.

    Returns:
        The positions of all that fit each of our columns; those that none fits are absent.
    """
    texts = [text_of(header) for header in headers]
    asked = {ours: name for ours, name in columns.items() if name is not None and ours in KNOWN}
    taken = {position for name in asked.values() for position in _called(texts, name)}
    free = {position: plain_name(text) for position, text in enumerate(texts) if position not in taken}
    found = {
        ours: _called(texts, asked[ours])
        if ours in asked
        else [position for position, name in free.items() if name in known]
        for ours, known in KNOWN.items()
    }
    return {ours: positions for ours, positions in found.items() if positions}


def column_problems(headers: Sequence[Cell], columns: Mapping[str, str | None]) -> list[str]:
    """Say which of our columns cannot be told.

    Args:
        headers: The names of the table's columns.
        columns: Our names to the table's.

    Returns:
        One line each, without the file's name.
    """
    found = find_columns(headers, columns)
    problems = [
        f"data.columns.{ours} is not known; kseg reads {', '.join(KNOWN)}" for ours in columns if ours not in KNOWN
    ]
    problems += [
        f"no column {name!r} for data.columns.{ours}; {there(headers)}"
        for ours, name in columns.items()
        if name and ours in KNOWN and ours not in found
    ]
    problems += [
        _several(ours, [text_of(headers[at]) for at in places]) for ours, places in found.items() if places[1:]
    ]
    problems += [
        f"data.columns.{ours} is {name!r}; a name is no id, as ids name files and stand in reports: number the patients"
        for ours, name in columns.items()
        if name and ours in IDS and _holds_names(name)
    ]
    return problems


def id_column(headers: Sequence[Cell], columns: Mapping[str, str | None]) -> int | None:
    """Find the column that tells the patients apart: where only cases have ids, theirs.

    Args:
        headers: The names of the table's columns.
        columns: Our names to the table's.

    Returns:
        Its position; None where there is none, or several fit, or it holds names.
    """
    found = find_columns(headers, columns)
    places = found.get("patient_id") or ([] if columns.get("patient_id") else found.get("case_id", []))
    return places[0] if len(places) == 1 and not _holds_names(headers[places[0]]) else None


def no_id_problem(headers: Sequence[Cell]) -> str:
    """Say that no column tells the patients apart."""
    names = [text_of(header) for header in headers if _holds_names(header)]
    aside = f"; {names[0]} holds names, which are never taken for ids" if names else ""
    return f"no column patient_id; {there(headers)}; data.columns.patient_id=NAME says which it is{aside}"


def there(headers: Sequence[Cell]) -> str:
    """Say which columns there are."""
    return f"the columns are {few_of([text for text in map(text_of, headers) if text], MOST_LISTED)}"


def _holds_names(header: Cell) -> bool:
    return plain_name(text_of(header)) in PERSONAL_NAMES


def _called(texts: Sequence[str], name: str) -> list[int]:
    """The positions of the columns of one name, in its very letters if there are such."""
    exact = [position for position, text in enumerate(texts) if text and text == name.strip()]
    alike = [position for position, text in enumerate(texts) if text and _folded(text) == _folded(name)]
    return exact or alike


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _several(ours: str, names: Sequence[str]) -> str:
    if len(set(names)) < len(names):
        return f"{len(names)} columns are called {names[0]!r}; give all but one another name"
    told = " and ".join(map(repr, names))
    return f"columns {told} both fit {ours}; data.columns.{ours}=NAME says which is meant"
