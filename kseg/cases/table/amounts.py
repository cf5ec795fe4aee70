"""How old is a clinic's patient, and which eGFR does the laboratory state?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from kseg.cases.table.telling import Column, quoted
from kseg.clinical.saying import counted
from kseg.clinical.table.numbers import Reading, fault_of, plain, read_number
from kseg.clinical.table.sheet import Cell

YEARS = re.compile(r"(.*\d)\s*(?:周?岁|years?(?: old)?|yrs?|y)\.?")
MONTHS_OR_DAYS = re.compile(r"[^-/]*\d\s*(?:个?月|周(?!岁)|天|日|months?|mon?|m|weeks?|w|days?|d)[\s\d天日龄大.]*")
YEARS_NEEDED = "years are needed, such as 1.5 for 18 months"

BOUND = re.compile(r"(=?[<>≤≥≦≧]=?)\s*(\S.*)")
LABORATORY_BOUNDS = {">": 90.0, "<": 15.0}
"""mL/min/1.73 m^2: beyond them laboratories do not tell the eGFR, and KDIGO's first and last stage begin there."""

JUST_BELOW = 14.9
"""What "<15" counts as, so that it lies in KDIGO's last stage; laboratories report one decimal at most."""

UPWARDS = frozenset(">≥≧")
GROUP_UNKNOWN = "it tells no group; give the value itself, a creatinine or a group"


def read_numbers(cells: Sequence[Cell], mark: str) -> Column[float]:
    """Read a column of numbers.

    Args:
        cells: Of the column.
        mark: Of the file's decimals, "." or ",".
    """
    return _column(cells, [read_number(cell, mark) for cell in cells])


def read_ages(cells: Sequence[Cell], mark: str) -> Column[float]:
    """Read a column of ages in years, such as 65, "65 years", "065Y" or "65岁".

    Args:
        cells: Of the column.
        mark: Of the file's decimals, "." or ",".
    """
    return _column(cells, [_age(cell, mark) for cell in cells])


def read_egfrs(cells: Sequence[Cell], mark: str, otherwise_known: Sequence[bool]) -> Column[float]:
    """Read a column of eGFRs, of which laboratories state the highest and the lowest as bounds, such as ">=90".

    Args:
        cells: Of the column.
        mark: Of the file's decimals, "." or ",".
        otherwise_known: Whether a row tells its group without the eGFR: another bound is then left aside.

    Returns:
        mL/min/1.73 m^2.
    """
    bounds = {position: bound for position, cell in enumerate(cells) if (bound := BOUND.fullmatch(plain(cell)))}
    readings = [
        _bound(bounds[position], mark, known) if position in bounds else read_number(cell, mark)
        for position, (cell, known) in enumerate(zip(cells, otherwise_known, strict=True))
    ]
    sound = [position for position in bounds if not readings[position].need]
    taken = Counter(bounds[position][0] for position in sound if not math.isnan(readings[position].value))
    aside = Counter(bounds[position][0] for position in sound if math.isnan(readings[position].value))
    remarks = [f"is a bound in {_rows(taken)}; the bound is taken for the value"] if taken else []
    remarks += [f"tells no group in {_rows(aside)} and is left aside; the rest of the row tells it"] if aside else []
    return replace(_column(cells, readings), remarks=tuple(remarks))


def _column(cells: Sequence[Cell], readings: Sequence[Reading]) -> Column[float]:
    odd = {
        position: quoted(cell, reading.need)
        for position, (cell, reading) in enumerate(zip(cells, readings, strict=True))
        if reading.need
    }
    return Column([reading.value for reading in readings], odd)


def _age(cell: Cell, mark: str) -> Reading:
    if not isinstance(cell, str) or fault_of(cell):
        return read_number(cell, mark)
    if MONTHS_OR_DAYS.fullmatch(plain(cell)):
        return Reading(math.nan, YEARS_NEEDED)
    years = YEARS.fullmatch(plain(cell))
    return read_number(years[1] if years else cell, mark)


def _bound(bound: re.Match[str], mark: str, otherwise_known: bool) -> Reading:
    reading = read_number(bound[2], mark)
    direction = ">" if UPWARDS & set(bound[1]) else "<"
    if reading.need:
        return reading
    if reading.value == LABORATORY_BOUNDS[direction]:
        return replace(reading, value=JUST_BELOW) if bound[1] == "<" else reading
    return Reading(math.nan, "" if otherwise_known else GROUP_UNKNOWN)


def _rows(bounds: Counter[str]) -> str:
    return f"{counted(bounds.total(), 'row', 'rows')} ({', '.join(map(repr, bounds))})"
