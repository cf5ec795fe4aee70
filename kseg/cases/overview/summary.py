"""What is a cohort like, case by case and group by group?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kseg.cases.overview.fingerprint import Fingerprint
from kseg.clinical.groups import kdigo_stage
from kseg.clinical.shares import SPLITS
from kseg.labels import STRUCTURES

ALL = "all"
NO_GROUP = "no group"
REGIONS = (*STRUCTURES, "around")
"""Where brightness is measured."""

KNOWN = ("case_id", "patient_id", "sex", "age", "creatinine_umol_l", "egfr", "kdigo", "group", "split")
TEXTS = ("orientation", "shape", "at_the_edge")
REACH = ("right_left_mm", "front_back_mm", "head_feet_mm")
GEOMETRY = ("slices", "between_slices_mm", "in_plane_mm", "anisotropy", *REACH)
VOLUMES = tuple(f"{structure}_ml" for structure in STRUCTURES)
KIDNEYS = ("kidneys", "right_ml", "left_ml")
MEDIANS = tuple(f"{region}_hu" for region in REGIONS)
BRIGHTNESS = tuple(f"{median}{suffix}" for median in MEDIANS for suffix in ("", "_p5", "_p95"))
COUNTS = ("slices", "kidneys")
DECIMALS = {
    **dict.fromkeys((*KIDNEYS, *REACH, *VOLUMES, *BRIGHTNESS, "age", "creatinine_umol_l", "egfr"), 1),
    **dict.fromkeys(("between_slices_mm", "in_plane_mm", "anisotropy"), 3),
    "slices": 0,
}
"""More than these are noise."""

CASE_COLUMNS = (*KNOWN, *TEXTS, *GEOMETRY, *VOLUMES, *KIDNEYS, *BRIGHTNESS)
"""Millimetres, millilitres, Hounsfield units: the median of a region, its 5th and its 95th percentile."""


def case_table(cohort: pd.DataFrame, fingerprints: Mapping[str, Fingerprint]) -> pd.DataFrame:
    """Put what is known of every case beside what was measured of it.

    Args:
        cohort: With the columns of `kseg.clinical.cohort.COHORT_COLUMNS`.
        fingerprints: By `case_id`; there is none of a case whose files are unsound.

    Returns:
        One row a case in the cohort's order, with the columns of `CASE_COLUMNS`; NaN or "" where nothing was measured.
    """
    rows = [{"case_id": case, **_measured(found)} for case, found in fingerprints.items()]
    measured = pd.DataFrame(rows, columns=["case_id", *TEXTS, *GEOMETRY, *VOLUMES, *KIDNEYS, *BRIGHTNESS])
    table = cohort.assign(kdigo=kdigo_stage(cohort["egfr"].astype("float64"))).merge(measured, on="case_id", how="left")
    table[list(TEXTS)] = table[list(TEXTS)].fillna("")
    return table[list(CASE_COLUMNS)].astype(dict.fromkeys(DECIMALS, "float64"))


def rounded(cases: pd.DataFrame) -> pd.DataFrame:
    """Round a table of cases to what can be measured, as it is written.

    Args:
        cases: From `case_table`; further columns stay as they are.

    Returns:
        The same with fewer decimals, and counts as integers.
    """
    return cases.round(DECIMALS).astype(dict.fromkeys(COUNTS, "Int64"))


def cut_by_group(cases: pd.DataFrame, groups: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Cut a table of cases into its groups.

    Args:
        cases: With the column `group`, "" where a case has none.
        groups: In order; one in which there is no case is kept.

    Returns:
        The groups' cases, those in no group if there are any, and `ALL` at the end; `ALL` alone where no case has a
        group.
    """
    if not (cases["group"] != "").any():
        return {ALL: cases}
    others = sorted({*cases["group"]} - {*groups, ""})
    lone = [""] if (cases["group"] == "").any() else []
    cut = {group or NO_GROUP: cases[cases["group"] == group] for group in (*groups, *others, *lone)}
    return cut | {ALL: cases}


def patients_by_group(cases: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Count who is in every group.

    Args:
        cases: From `case_table`.
        groups: In order.

    Returns:
        One row a group, see `cut_by_group`: `group`, `patients`, `cases`, and counts of patients by sex, `women` and
        `men`, and by split, `train`, `val` and `test`.
    """
    return pd.DataFrame([{"group": group, **_counts(own)} for group, own in cut_by_group(cases, groups).items()])


def spread_by_group(cases: pd.DataFrame, groups: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Tell how numbers spread over the cases of every group.

    Args:
        cases: From `case_table`.
        groups: In order.
        columns: Numbers of that table.

    Returns:
        One row a group, see `cut_by_group`, and column: `group column n mean low high`. `n` counts the cases that have
        the number; the rest is NaN where none has.
    """
    return pd.DataFrame(
        [
            {
                **{"group": group, "column": column, "n": own[column].count()},
                **{"mean": own[column].mean(), "low": own[column].min(), "high": own[column].max()},
            }
            for group, own in cut_by_group(cases, groups).items()
            for column in columns
        ]
    )


def _measured(found: Fingerprint) -> dict[str, Any]:
    brightness = {region: getattr(found, region) for region in REGIONS}
    return {
        "orientation": found.grid.orientation,
        "shape": " x ".join(map(str, found.grid.shape)),
        "at_the_edge": "yes" if found.at_the_edge else "no",
        "slices": found.slices,
        "between_slices_mm": found.between_slices_mm,
        "in_plane_mm": found.in_plane_mm,
        "anisotropy": found.between_slices_mm / found.in_plane_mm,
        **dict(zip(REACH, found.reach_mm, strict=True)),
        **{volume: getattr(found, volume) for volume in (*VOLUMES, *KIDNEYS)},
        **{f"{region}_hu": level.median_hu for region, level in brightness.items()},
        **{f"{region}_hu_p5": level.p5_hu for region, level in brightness.items()},
        **{f"{region}_hu_p95": level.p95_hu for region, level in brightness.items()},
    }


def _counts(own: pd.DataFrame) -> dict[str, int]:
    persons, placed = own.drop_duplicates("patient_id"), own.drop_duplicates(["patient_id", "split"])
    return {
        "patients": len(persons),
        "cases": len(own),
        "women": int((persons["sex"] == "F").sum()),
        "men": int((persons["sex"] == "M").sum()),
        **{split: int((placed["split"] == split).sum()) for split in SPLITS},
    }
