"""Which cases lie in a clinic's own folder?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kseg.cases.layout.files import as_pattern, find_files, missing_folders, open_root
from kseg.cases.layout.label_values import LabelValues, stated_values
from kseg.cases.layout.matching import cases_of_files, with_files
from kseg.cases.table.clinic_table import read_clinic_table
from kseg.cases.table.which import AUTO, find_table
from kseg.clinical.rows import Imported
from kseg.errors import InputError


def read_folder(
    root: str | Path,
    *,
    table: str | None = AUTO,
    sheet: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    creatinine_unit: str | None = None,
    sex_values: Mapping[Any, str] | None = None,
    images: str = "images",
    parenchyma: str = "parenchyma",
    cortex: str | None = "cortex",
    values: Mapping[str, int | Sequence[int] | None] | None = None,
) -> Imported:
    """Read a folder of CTs, of outlines, and a table of patients.

    Files are called by case and end in `.nii.gz`, `.nii` or `.nrrd`. A case without a cortex outline counts with its
    parenchyma alone. What the table needs, see `kseg.cases.table.clinic_table.read_clinic_table`.

    Args:
        root: The folder.
        table: See `kseg.cases.table.which.find_table`. Without a table, patients are called by their files.
        sheet: Of an Excel table.
        columns: Our columns' names to the table's.
        creatinine_unit: `umol/L` or `mg/dL`, where the table does not state it.
        sex_values: What the table writes for sex, to F or M.
        images: Where the CTs lie: a sub-folder, or a pattern as `kseg.cases.layout.files.find_files` takes it.
        parenchyma: Where the outlines of the renal parenchyma lie.
        cortex: Where those of the cortex lie; None where none was outlined.
        values: Of label maps: see `kseg.cases.layout.label_values.stated_values`.

    Returns:
        One row a case in the table's order; and what is missing, doubled or unreadable.

    Raises:
        InputError: The folder, its sub-folders or its table are missing, so that nothing can be read.
    """
    place = open_root(root, "the CTs, outlines and table")
    patterns = {"image": images, "parenchyma": parenchyma, **({"cortex": cortex} if cortex else {})}
    meant = _meaning(patterns, values or {})
    path = _found_table(place, table, patterns)
    layout = find_files(place, patterns)
    if path is None:
        return with_files(cases_of_files(place, layout), layout, meant, table=None)
    told = read_clinic_table(
        path, columns=columns or {}, sheet=sheet, creatinine_unit=creatinine_unit, sex_values=sex_values or {}
    )
    return with_files(told, layout, meant, table=path.name)


def _meaning(patterns: Mapping[str, str], values: Mapping[str, Any]) -> LabelValues:
    one_file = "cortex" in patterns and as_pattern(patterns["cortex"]) == as_pattern(patterns["parenchyma"])
    return stated_values(values, one_file=one_file)


def _found_table(place: Path, table: str | None, patterns: Mapping[str, str]) -> Path | None:
    """Find the table, and tell of it and of missing folders in one go."""
    problems = missing_folders(place, patterns)
    path = None
    try:
        path = find_table(place, table)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return path
