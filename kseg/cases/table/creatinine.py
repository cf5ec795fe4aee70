"""In which unit is a clinic's creatinine, and can it be?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kseg.cases.table.amounts import read_numbers
from kseg.cases.table.telling import Column
from kseg.cases.table.units import creatinine_units_in
from kseg.clinical.egfr import UMOL_L_PER_MG_DL
from kseg.clinical.table.sheet import Cell

UMOL_L_PER = {"umol/L": 1.0, "mg/dL": UMOL_L_PER_MG_DL, "mmol/L": 1000.0}
LOWEST_UMOL_L = 15.0
HIGHEST_UMOL_L = 3000.0
"""Serum creatinine of the living: wasted patients have some 20 umol/L, and patients on dialysis rarely 2000."""

ASSUMED = "is taken to be in umol/L, as no unit is stated; set data.creatinine_unit if it is in another"


@dataclass(frozen=True)
class Unit:
    """What a column's numbers count.

    Args:
        name: One of `UMOL_L_PER`.
        source: Who says so: `header`, `setting`, or nobody, "".
        problem: What is wrong with what header and setting say; "" where nothing is.
    """

    name: str
    source: str
    problem: str = ""


def unit_of(header: str, setting: str | None) -> Unit:
    """Tell the unit of a column of creatinine.

    Args:
        header: The column's name, which states it, as in `Scr (umol/L)`, or not.
        setting: What the user states; None where the header does, or it is umol/L.
    """
    stated = creatinine_units_in(header)
    if setting is not None and setting not in UMOL_L_PER:
        return Unit("umol/L", "", f"data.creatinine_unit is {setting!r}; {', '.join(UMOL_L_PER)} can be read")
    if len(stated) > 1 and setting is None:
        said = f"column {header!r} states {' and '.join(stated)}"
        return Unit("umol/L", "", f"{said}; data.creatinine_unit=UNIT says which is meant")
    if len(stated) == 1 and setting not in (None, stated[0]):
        said = f"column {header!r} states {stated[0]}, and data.creatinine_unit {setting}"
        return Unit("umol/L", "", f"{said}; correct the one that is wrong")
    if setting is None and stated:
        return Unit(stated[0], "header")
    return Unit(setting or "umol/L", "setting" if setting else "")


def read_creatinine(cells: Sequence[Cell], mark: str, unit: Unit) -> Column[float]:
    """Read a column of creatinine, and find what no living patient has, above all numbers in another unit.

    Args:
        cells: Of the column.
        mark: Of the file's decimals, "." or ",".
        unit: Of the numbers.

    Returns:
        umol/L, NaN wherever the unit cannot be told; what is not above 0 is left to `kseg.clinical.rows.row_problems`.
    """
    numbers = read_numbers(cells, mark)
    if unit.problem:
        return replace(numbers, values=[math.nan] * len(cells))
    known = {position: value for position, value in enumerate(numbers.values) if value > 0}
    off = {position: value for position, value in known.items() if not _is_plausible(value, unit.name)}
    other = _meant_instead(off.values(), len(known), unit.name)
    told = {position for position, value in off.items() if other and _other_unit(value, unit.name) == other}
    return Column(
        [value * UMOL_L_PER[unit.name] for value in numbers.values],
        {**numbers.odd, **{position: _said(off[position], unit) for position in off.keys() - told}},
        problems=(_said_of_all([off[position] for position in sorted(told)], len(known), unit, other),) if told else (),
        told=frozenset(told),
        remarks=(ASSUMED,) if known and not unit.source and not told else (),
    )


def _meant_instead(off: Collection[float], known: int, unit: str) -> str:
    """The unit in which most of a file's values could be; "" where there is none, or a single value."""
    others = Counter(_other_unit(value, unit) for value in off)
    others.pop("", None)
    other, count = others.most_common(1)[0] if others else ("", 0)
    return other if count > 1 and 2 * count > known else ""


def _said(value: float, unit: Unit) -> str:
    said, other = f"{value:g} {unit.name} cannot be", _other_unit(value, unit.name)
    if not other:
        return f"{said}; creatinine lies between {LOWEST_UMOL_L:g} and {HIGHEST_UMOL_L:g} umol/L: mend the cell"
    remedy = "the unit in the column's name" if unit.source == "header" else "set data.creatinine_unit"
    return f"{said}; as {other} it would be {value * UMOL_L_PER[other]:.0f} umol/L: mend the cell or {remedy}"


def _said_of_all(values: Sequence[float], known: int, unit: Unit, other: str) -> str:
    stated = unit.source == "header"
    remedy = "correct the unit in the column's name" if stated else f"set data.creatinine_unit={other}"
    said = f"cannot be in {unit.name} in {len(values)} of {known} rows, such as {values[0]:g}"
    return f"{said}; in {other} it can: {remedy}"


def _is_plausible(value: float, unit: str) -> bool:
    return LOWEST_UMOL_L <= value * UMOL_L_PER[unit] <= HIGHEST_UMOL_L


def _other_unit(value: float, unit: str) -> str:
    """The likeliest other unit in which a value could be; "" where there is none."""
    others = [name for name in UMOL_L_PER if name != unit and _is_plausible(value, name)]
    return others[0] if others else ""
