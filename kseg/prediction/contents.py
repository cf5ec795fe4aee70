"""What a carried network is, in words that a hospital reads before it uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kseg.labels import ALL
from kseg.prediction.carried import Carried
from kseg.printable import printable
from kseg.runs.config import Config


def contents_in_words(network: Carried) -> str:
    """Describe a network by what its file says; that is its maker's word, and nobody has checked it.

    Args:
        network: Read from a file.

    Returns:
        Some lines; what the file does not say is left out.
    """
    return "\n".join(printable(line) for line in _lines(network))


def _lines(network: Carried) -> Iterator[str]:
    told = network.provenance
    built, prepare = _part(network.model, "network"), network.prepare
    outlines = "medulla and cortex" if network.divided else "parenchyma, not divided further"
    yield ""
    yield f"{told.get('name', 'a network')}: {built.get('_target_', '?')}, taught {outlines}"
    yield f"  prepared    spacing_mm {prepare.get('spacing_mm')}, window_hu {prepare.get('window_hu')}"
    yield f"  trained on  {told.get('trained_on') or 'a day unknown'}, from {told.get('data')}, seed {told.get('seed')}"
    yield f"  made with   commit {told.get('git_commit') or 'unknown'}; {_pairs(_part(told, 'versions'))}"
    cohort = _part(told, "cohort")
    yield f"  cohort      {_counts(cohort.get('counts'))}; SHA-256 {cohort.get('sha256')}"
    if validation := _part(told, "validation"):
        yield f"  validation  {_pairs(validation)}"
    for row in _rows(told.get("test")):
        if row.get("group") == ALL:
            of, mean = f"{row.get('structure')} {row.get('metric')}", _number(row.get("mean"))
            yield f"  test        {of}: mean {mean}, n {row.get('n')}"


def _part(whole: Config, key: str) -> Config:
    part = whole.get(key)
    return part if isinstance(part, dict) else {}


def _rows(rows: Any) -> list[Config]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _pairs(named: Config) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in named.items())


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _counts(counts: Any) -> str:
    return ", ".join(f"{row.get('cases')} {row.get('group')} {row.get('split')}" for row in _rows(counts)) or "unknown"
