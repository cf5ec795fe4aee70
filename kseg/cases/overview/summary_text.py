"""How is a cohort's summary written for people: the same tables on the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kseg.cases.overview.fingerprint import AROUND_MM
from kseg.cases.overview.summary import MEDIANS, VOLUMES, patients_by_group, spread_by_group
from kseg.clinical.groups import KDIGO_STAGES
from kseg.clinical.saying import counted, few_of
from kseg.report.numbers import NOTHING, number

FEW_ORIENTATIONS = 4
FEW_SHAPES = 2
"""So many different ones are told one by one; more would not fit in a line."""

SPREAD = "mean over CTs (lowest to highest)"


@dataclass(frozen=True)
class SummaryTable:
    """One table, ready to be set.

    Args:
        title: What it tells, with the unit.
        columns: The header.
        rows: Cells of text.
        note: What a reader has to know; may be empty.
        numbers: Every column but the first holds numbers, which are set to the right.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numbers: bool = True


def summary_tables(cases: pd.DataFrame, groups: Sequence[str]) -> list[SummaryTable]:
    """Write a cohort's summary.

    Args:
        cases: From `kseg.cases.overview.summary.case_table`.
        groups: In order.

    Returns:
        Patients; and volumes, brightness and scans where at least one case was measured.
    """
    patients = _patients(cases, groups)
    measured = cases[cases["parenchyma_ml"].notna()]
    if measured.empty:
        return [patients]
    return [patients, _volumes(measured, groups), _brightness(measured, groups), _scans(measured)]


def spread(mean: float, low: float, high: float, digits: int) -> str:
    """Write a mean with its range; the number alone where all are alike, a dash where there is none.

    >>> spread(105.25, 98.5, 112, digits=1), spread(3, 3, 3, digits=0)
    ('105.2 (98.5 to 112.0)', '3')
    """
    lowest, highest = number(low, digits), number(high, digits)
    return lowest if lowest == highest else f"{number(mean, digits)} ({lowest} to {highest})"


def _patients(cases: pd.DataFrame, groups: Sequence[str]) -> SummaryTable:
    counts = patients_by_group(cases, groups)
    clinical = _spreads(cases, groups, ("egfr", "age"))
    is_split = (cases["split"] != "").any()
    rows = []
    for row in counts.to_dict("records"):
        split = f"{row['train']}/{row['val']}/{row['test']}" if is_split else NOTHING
        sexes = f"{row['women']}/{row['men']}"
        rows.append((row["group"], f"{row['patients']}", f"{row['cases']}", *clinical[row["group"]], sexes, split))
    return SummaryTable(
        "Patients",
        ("group", "patients", "CTs", "eGFR", "age", "F/M", "train/val/test"),
        tuple(rows),
        f"eGFR in mL/min/1.73 m², age in years: {SPREAD}. {_kdigo(cases)}",
    )


def _kdigo(cases: pd.DataFrame) -> str:
    counts = {stage: int((cases["kdigo"] == stage).sum()) for stage in KDIGO_STAGES}
    told = ", ".join(f"{stage} {count}" for stage, count in counts.items() if count)
    return f"CTs by KDIGO stage: {told}." if told else "No CT has an eGFR."


def _volumes(measured: pd.DataFrame, groups: Sequence[str]) -> SummaryTable:
    columns = _known(measured, VOLUMES)
    spreads = _spreads(measured, groups, columns)
    return SummaryTable(
        "Volumes, ml",
        ("group", *(column.removesuffix("_ml") for column in columns)),
        tuple((group, *cells) for group, cells in spreads.items()),
        f"Both kidneys together: {SPREAD}.{'' if 'cortex_ml' in columns else ' No cortex is outlined.'}",
    )


def _brightness(measured: pd.DataFrame, groups: Sequence[str]) -> SummaryTable:
    columns = _known(measured, MEDIANS)
    spreads = _spreads(measured, groups, columns)
    return SummaryTable(
        "Brightness, HU",
        ("group", *(column.removesuffix("_hu") for column in columns)),
        tuple((group, *cells) for group, cells in spreads.items()),
        f"Of each CT's median: {SPREAD}. Around: within {AROUND_MM:g} mm of the parenchyma, outside it.",
    )


def _scans(measured: pd.DataFrame) -> SummaryTable:
    ways = {"right_left_mm": "right to left", "front_back_mm": "front to back", "head_feet_mm": "head to feet"}
    rows = [
        ("kidneys", _kidneys(measured)),
        ("in-plane spacing", f"{_overall(measured, 'in_plane_mm', 2)} mm"),
        ("slice spacing", f"{_overall(measured, 'between_slices_mm', 2)} mm"),
        ("slice to in-plane", _overall(measured, "anisotropy", 1)),
        ("slices", _overall(measured, "slices", 0)),
        *((way, f"{_overall(measured, column, 0)} mm") for column, way in ways.items()),
        ("orientation", _kinds(measured["orientation"], FEW_ORIENTATIONS)),
        ("shape", _kinds(measured["shape"], FEW_SHAPES)),
    ]
    cut_off = measured["case_id"][measured["at_the_edge"] == "yes"].tolist()
    if cut_off:
        rows.append(("outlined up to the CT's edge", few_of(cut_off)))
    return SummaryTable("Scans", ("", SPREAD), tuple(rows), numbers=False)


def _known(measured: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    return [column for column in columns if measured[column].notna().any()]


def _spreads(cases: pd.DataFrame, groups: Sequence[str], columns: Sequence[str]) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for group, mean, low, high in _numbers(spread_by_group(cases, groups, columns)):
        cells.setdefault(group, []).append(spread(mean, low, high, digits=0))
    return cells


def _overall(measured: pd.DataFrame, column: str, digits: int) -> str:
    ((_, mean, low, high),) = _numbers(spread_by_group(measured.assign(group=""), (), (column,)))
    return spread(mean, low, high, digits)


def _numbers(spreads: pd.DataFrame) -> list[tuple[str, float, float, float]]:
    return list(spreads[["group", "mean", "low", "high"]].itertuples(index=False, name=None))


def _kidneys(measured: pd.DataFrame) -> str:
    lone = measured["case_id"][measured["kidneys"] == 1].tolist()
    pairs = f"two in {counted(len(measured) - len(lone), 'CT', 'CTs')}"
    return f"{pairs}, one in {few_of(lone)}" if lone else pairs


def _kinds(texts: pd.Series[str], few: int) -> str:
    counts = texts.value_counts()
    if len(counts) > few:
        return f"{len(counts)} different ones, see the table of cases"
    return ", ".join(f"{kind} in {counted(count, 'CT', 'CTs')}" for kind, count in counts.items())
