"""How do outlines and predictions look on the CTs of the chosen cases, and why is a picture missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from kseg.errors import InputError
from kseg.outlines import Outline
from kseg.report.examples import Example, choose_examples
from kseg.report.figures import picture_uri
from kseg.report.findings import Findings, of_both_kidneys
from kseg.report.overlay import draw_overlay
from kseg.report.slices import read_slices


@dataclass(frozen=True)
class Overlay:
    """A case's picture; where it could not be drawn, why."""

    example: Example
    picture: str
    problem: str


def draw_examples(found: Findings, window_hu: Sequence[float]) -> dict[str, list[Overlay]]:
    """Draw the best, the median and the worst case of each group.

    Args:
        found: What was found.
        window_hu: Which Hounsfield units are black and white.

    Returns:
        Pictures by group; of cases without a group under "", if there are such. None where no case has a Dice.
    """
    examples = choose_examples(of_both_kidneys(found.metrics), found.groups)
    if not examples:
        return {}
    ungrouped = {example.group for example in examples} - set(found.groups)
    groups = found.groups if len(ungrouped) < len({example.group for example in examples}) else ()
    return {
        group: [
            _draw(example, found.cases, found.predictions, window_hu) for example in examples if example.group == group
        ]
        for group in (*groups, *ungrouped)
    }


def _draw(example: Example, cases: pd.DataFrame, predictions: Path, window_hu: Sequence[float]) -> Overlay:
    rows = cases[cases["case_id"] == example.case_id] if "case_id" in cases else cases
    if not len(rows):
        return Overlay(example, "", "the cohort does not hold this patient")
    files = rows.iloc[0][["image", "parenchyma", "cortex"]].fillna("")
    prediction = (predictions / f"{example.case_id}.nii.gz").resolve()
    changed = prediction.stat().st_mtime_ns if prediction.is_file() else 0
    try:
        return Overlay(example, _picture(*map(str, files), prediction, changed, tuple(window_hu)), "")
    except InputError as error:
        return Overlay(example, "", str(error))


@lru_cache(maxsize=256)
def _picture(
    image: str, parenchyma: str, cortex: str, prediction: Path, changed: int, window_hu: tuple[float, ...]
) -> str:
    """Kept, since a page is written once more where a copy of it leaves the machine, under other names."""
    outlines = Outline.parse(parenchyma), Outline.parse(cortex) if cortex else None
    return picture_uri(draw_overlay(read_slices(Path(image), *outlines, prediction), window_hu))
