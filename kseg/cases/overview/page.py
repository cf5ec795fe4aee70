"""What stands on the page that is looked through before any training?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from kseg.cases.overview.overview import Overview
from kseg.cases.overview.summary import ALL, cut_by_group
from kseg.images import write_atomically
from kseg.report.numbers import number
from kseg.report.overlay import OUTLINES


@dataclass(frozen=True)
class Card:
    """One case on the page.

    Args:
        case_id: As in the cohort.
        facts: Who it is: group, eGFR, split; those that are known.
        measured: The CT, and the kidneys in it, a line each; empty where nothing was measured.
        picture: A data URI; empty where the case's files are unsound.
        problems: One line each.
        remarks: One line each.
    """

    case_id: str
    facts: str
    measured: tuple[str, ...]
    picture: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def write_check_page(path: Path, overview: Overview, *, window_hu: Sequence[float], made: Mapping[str, str]) -> None:
    """Write the page; it appears whole or not at all, and opens without a network.

    Args:
        path: Where to.
        overview: What was found.
        window_hu: What is black and what is white in the pictures.
        made: What stands in the footer: by which command, when, with which versions.
    """
    page = _environment().get_template("check.html.j2")
    html = page.render(
        overview=overview,
        groups=dict(_cards(overview)),
        outlines=[pen for pen in OUTLINES if overview.cases[f"{pen.label}_hu"].notna().any()],
        window_hu=window_hu,
        made=made,
        all=ALL,
    )
    write_atomically(path, html.encode())


def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("kseg.cases.overview"), PackageLoader("kseg.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment


def _cards(overview: Overview) -> Iterator[tuple[str, list[Card]]]:
    """The cases of every group that has any, under the group's name; all of them where no case has a group."""
    cut = cut_by_group(overview.cases, overview.groups)
    for group, cases in cut.items():
        if len(cases) and (group != ALL or len(cut) == 1):
            yield group, [_card(case, overview.pictures) for case in cases.to_dict("records")]


def _card(case: dict[Any, Any], pictures: Mapping[str, str]) -> Card:
    facts = [case["group"], f"eGFR {number(case['egfr'], 0)}" if pd.notna(case["egfr"]) else "", case["split"]]
    return Card(
        case_id=case["case_id"],
        facts=" · ".join(fact for fact in facts if fact),
        measured=(_scan(case), _kidneys(case)) if pd.notna(case["parenchyma_ml"]) else (),
        picture=pictures.get(case["case_id"], ""),
        problems=tuple(case["problems"].splitlines()),
        remarks=tuple(case["remarks"].splitlines()),
    )


def _scan(case: dict[Any, Any]) -> str:
    in_plane, between = (f"{round(case[column], 2):g}" for column in ("in_plane_mm", "between_slices_mm"))
    return f"{in_plane} x {in_plane} x {between} mm, {case['slices']:g} slices, {case['orientation']}"


def _kidneys(case: dict[Any, Any]) -> str:
    told = [f"parenchyma {number(case['parenchyma_ml'], 0)} ml"]
    told += [f"cortex {number(case['cortex_ml'], 0)} ml"] if pd.notna(case["cortex_ml"]) else []
    told += ["one kidney"] if case["kidneys"] == 1 else []
    told += ["outlined up to the CT's edge"] if case["at_the_edge"] == "yes" else []
    return ", ".join(told)
