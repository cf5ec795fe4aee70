"""Which unit does a column's name state?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

PER_LITRE = r"mol[\s_]*(?:/|·|\*|per)?[\s_]*l(?:\^?[-\u2212]1)?"
CREATININE_UNITS = {
    "umol/L": re.compile(rf"(?:[uμ]|mc|micro){PER_LITRE}"),
    "mg/dL": re.compile(r"mg[\s_]*(?:/|per)?[\s_]*dl|mg%"),
    "mmol/L": re.compile(rf"m{PER_LITRE}"),
}
"""In half-width characters and lower case; both micro signs are the Greek letter then."""

EGFR_UNIT = re.compile(r"ml[\s_]*/[\s_]*min[^)\]}】]*")


OTHER_UNITS = {
    "age": (re.compile(r"month|月|week|周(?!岁)|day|天"), "years"),
    "egfr": (re.compile(r"ml[\s_]*/[\s_]*s(?:ec)?\b|\bl[\s_]*/[\s_]*(?:d|24)"), "mL/min/1.73 m^2"),
}
"""By our columns, which have one unit: names that state another, and the unit that is needed."""


def unit_problems(headers: Mapping[str, str]) -> list[str]:
    """Find columns whose names state a unit that is not read.

    Args:
        headers: Our columns to the table's names.

    Returns:
        One line each.

    >>> unit_problems({"age": "Age (months)", "egfr": "eGFR (mL/min/1.73 m2)"})
    ["column 'Age (months)' is not in years; convert it, and name it so"]
    """
    return [
        f"column {headers[ours]!r} is not in {needed}; convert it, and name it so"
        for ours, (other, needed) in OTHER_UNITS.items()
        if ours in headers and other.search(_folded(headers[ours]))
    ]


def creatinine_units_in(header: str) -> list[str]:
    """Find the units of creatinine that a column's name states.

    >>> creatinine_units_in("Scr µmol/l"), creatinine_units_in("creatinine_mg_dl"), creatinine_units_in("Cr")
    (['umol/L'], ['mg/dL'], [])
    """
    text = _folded(header)
    return [unit for unit, pattern in CREATININE_UNITS.items() if pattern.search(text)]


def without_units(header: str) -> str:
    """A column's name in half-width characters and lower case, less its unit.

    >>> without_units("creatinine_mg_dl")
    'creatinine_'
    """
    text = _folded(header)
    for pattern in (*CREATININE_UNITS.values(), EGFR_UNIT):
        text = pattern.sub("", text)
    return text


def _folded(header: str) -> str:
    return unicodedata.normalize("NFKC", header).casefold()
