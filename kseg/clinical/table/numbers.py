"""Which number does a clinic's cell mean?"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kseg.clinical.table.sheet import Cell, text_of
from kseg.clinical.table.text_table import MISSING, as_number

NOT_THERE = frozenset({*MISSING, "null", "none", "-", "--", "—", "/", ".", "无", "缺失", "未查", "未测"})
"""How clinics write that a value is not there, in lower case."""

NUMBER_NEEDED = "a number is needed, such as 38.5, or an empty cell"
DATE_FOUND = "Excel has turned it into a date; format the column as text and type the value again"
DATE_LIKE = "a number is needed, not a date; if Excel has made it one, format the column as text and type it again"
ERROR_FOUND = "an error of the spreadsheet; type the value, or leave the cell empty"
FORMULA_FOUND = "a formula whose value the file does not hold; open it in Excel and save it once"

OTHER = {".": ",", ",": "."}
MARK_NAMES = {".": "points", ",": "commas"}
NUMBERS = {
    mark: re.compile(
        r"[+-]?(?:\d+(?:M\d*)?|M\d+|\d{1,3}(?:O\d{3})+M\d+)(?:[eE][+-]?\d+)?".replace("M", rf"\{mark}").replace(
            "O", rf"\{other}"
        )
    )
    for mark, other in OTHER.items()
}
"""By its decimal mark; the other one parts thousands, where the decimal mark follows."""

THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
"""One mark before three digits: it may part thousands, or decimals."""

DIGITS = re.compile(r"\d[\d.,]*")
MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\.?"
DATE = re.compile(
    rf"\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?(?:[ t].*)?|\d{{1,2}}([-/.])\d{{1,2}}\1\d{{2,4}}(?: .*)?"
    rf"|\d{{1,2}}[-/]\d{{1,2}}|\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}[-. ]*{MONTH}(?:[-. ]*\d{{2,4}})?|{MONTH}[-. ]*\d{{1,4}}"
)


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    Args:
        value: NaN where it says nothing, or nothing that can be understood.
        need: What should stand there instead; "" where all is well.
    """

    value: float
    need: str = ""


def plain(cell: Cell) -> str:
    """A cell's text in half-width characters and lower case, for comparisons."""
    return unicodedata.normalize("NFKC", text_of(cell)).strip().casefold()


def is_missing(cell: Cell) -> bool:
    """Whether a cell says that there is no value."""
    return plain(cell) in NOT_THERE


def decimal_mark(cells: Iterable[Cell], *, comma_is_usual: bool) -> str:
    """Tell from all numbers of a file whether its decimals follow a point or a comma.

    Args:
        cells: What should be numbers.
        comma_is_usual: What decides where the numbers leave it open.

    Returns:
        The mark of most numbers that cannot be read otherwise, "." or ",".
    """
    tokens = [token[0] for text in map(_marked, cells) if (token := DIGITS.search(text))]
    clear = Counter(mark for token in tokens if (mark := _clear_mark(token)))
    usual = "," if comma_is_usual else "."
    if clear:
        return usual if clear["."] == clear[","] else clear.most_common(1)[0][0]
    return usual if any("," in token for token in tokens) else "."


def read_number(cell: Cell, mark: str) -> Reading:
    """Read one number.

    Args:
        cell: A spreadsheet's number is taken as it is.
        mark: Of the file's decimals, "." or ",".
    """
    if isinstance(cell, float):
        return Reading(cell)
    text = plain(cell)
    if text in NOT_THERE:
        return Reading(math.nan)
    if problem := fault_of(cell):
        return Reading(math.nan, problem)
    if NUMBERS[mark].fullmatch(text):
        value = as_number(text.replace(OTHER[mark], "").replace(mark, "."))
        return Reading(value, NUMBER_NEEDED if math.isnan(value) else "")
    return Reading(math.nan, _need(text, mark))


def fault_of(cell: Cell) -> str:
    """What is wrong with a cell that a spreadsheet has spoilt; "" where none has."""
    text = plain(cell)
    if isinstance(cell, date):
        return DATE_FOUND
    if DATE.fullmatch(text):
        return DATE_LIKE
    if text.startswith("="):
        return FORMULA_FOUND
    return ERROR_FOUND if text.startswith(("#", "err:")) else ""


def _marked(cell: Cell) -> str:
    """The text of a cell whose marks may tell how decimals are written."""
    if not isinstance(cell, str):
        return ""
    text = plain(cell)
    return "" if DATE.fullmatch(text) else text


def _clear_mark(token: str) -> str:
    """The mark that can only be one of decimals; "" where there is none."""
    last = max(OTHER, key=token.rfind)
    if token.count(last) != 1 or token.endswith(last) or THOUSANDS.fullmatch(token):
        return ""
    return last


def _need(text: str, mark: str) -> str:
    other = OTHER[mark]
    if not NUMBERS[other].fullmatch(text):
        return NUMBER_NEEDED
    if THOUSANDS.fullmatch(text):
        return f"it may mean {text.replace(other, '')} or {text.replace(other, mark)}; write the one that is meant"
    meant = text.replace(mark, "").replace(other, mark)
    return f"the table's other numbers have decimal {MARK_NAMES[mark]}; write {meant}, if that is meant"
