"""Which unit does a column's name state?"""

from __future__ import annotations

import re
import unicodedata

PER_LITRE = r"mol[\s_]*(?:/|·|\*|per)?[\s_]*l(?:\^?[-\u2212]1)?"
CREATININE_UNITS = {
    "umol/L": re.compile(rf"(?:[uμ]|mc|micro){PER_LITRE}"),
    "mg/dL": re.compile(r"mg[\s_]*(?:/|per)?[\s_]*dl|mg%"),
    "mmol/L": re.compile(rf"m{PER_LITRE}"),
}
"""In half-width characters and lower case; both micro signs are the Greek letter then."""

EGFR_UNIT = re.compile(r"ml[\s_]*/[\s_]*min[^)\]}】]*")


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
