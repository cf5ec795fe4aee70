"""Which cases lie in a dataset of nnU-Net's raw layout?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from kseg.cases.layout.files import Layout, find_files, missing_folders, open_root
from kseg.cases.layout.matching import cases_of_files, with_files
from kseg.cases.nnunet.labels import read_dataset, wanted_values
from kseg.cases.table.clinic_table import read_clinic_table
from kseg.cases.table.which import find_table
from kseg.clinical.rows import Imported
from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError

TRAINING = {"image": "imagesTr/{case_id}_0000", "parenchyma": "labelsTr/{case_id}"}
TEST = {"image": "imagesTs/{case_id}_0000", "parenchyma": "labelsTs/{case_id}"}


def read_nnunet(
    root: str | Path,
    *,
    labels: Mapping[str, Any] | None = None,
    table: str | None = None,
    sheet: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    creatinine_unit: str | None = None,
    sex_values: Mapping[Any, str] | None = None,
) -> Imported:
    """Read a dataset as nnU-Net version 2 wants it: dataset.json, imagesTr, labelsTr; imagesTs and labelsTs if there.

    Of several channels the first is read. https://github.com/MIC-DKFZ/nnUNet, documentation/dataset_format.md.

    Args:
        root: The dataset's folder, such as Dataset501_KIDNEY.
        labels: Which of the dataset's labels are parenchyma, cortex, undivided: see `nnunet_labels.wanted_values`.
        table: The patients' table, as in `kseg.cases.folder.read_folder`; None for patients without clinical values.
        sheet: Of an Excel table.
        columns: Our columns' names to the table's.
        creatinine_unit: `umol/L` or `mg/dL`, where the table does not state it.
        sex_values: What the table writes for sex, to F or M.

    Returns:
        One row a case with labels, in the table's order; those of imagesTs have the split `test`.

    Raises:
        InputError: The dataset or its table is missing or cannot be read, or its labels cannot be told apart.
    """
    place = open_root(root, "a dataset of nnU-Net's raw layout, such as Dataset501_KIDNEY")
    values, remarks = wanted_values(read_dataset(place), labels or {})
    files = _files(place, with_cortex=bool(values.cortex))
    path = find_table(place, table)
    if path is None:
        told = cases_of_files(place, files.layout)
    else:
        told = read_clinic_table(
            path, columns=columns or {}, sheet=sheet, creatinine_unit=creatinine_unit, sex_values=sex_values or {}
        )
        told = _with_labels(told, files.unlabelled)
    imported = with_files(told, files.layout, values, table=path.name if path else None)
    return replace(
        imported,
        rows=_with_split(imported.rows, files.test),
        problems=(*imported.problems, *_in_both(files.training & files.test)),
        remarks=(*remarks, *imported.remarks, *_left_out(files.unlabelled)),
    )


@dataclass(frozen=True)
class _Files:
    """The files of training and test cases alike, and which cases are which."""

    layout: Layout
    training: frozenset[str]
    test: frozenset[str]
    unlabelled: frozenset[str]


def _files(place: Path, *, with_cortex: bool) -> _Files:
    if absences := missing_folders(place, TRAINING):
        raise InputError(absences)
    training, test = find_files(place, TRAINING), find_files(place, TEST)
    labelled = frozenset(test.files["parenchyma"])
    images = {case_id: file for case_id, file in test.files["image"].items() if case_id in labelled}
    files = {
        "image": images | training.files["image"],
        "parenchyma": test.files["parenchyma"] | training.files["parenchyma"],
    }
    drawn = {"cortex": files["parenchyma"]} if with_cortex else {}
    patterns = {kind: pattern.replace("Tr/", "{Tr,Ts}/" if labelled else "Tr/") for kind, pattern in TRAINING.items()}
    patterns |= {kind: patterns["parenchyma"] for kind in drawn}
    return _Files(
        Layout(patterns, files | drawn, (*training.problems, *test.problems)),
        training=frozenset(training.files["image"]) | frozenset(training.files["parenchyma"]),
        test=labelled,
        unlabelled=frozenset(test.files["image"]) - labelled,
    )


def _with_labels(told: Imported, unlabelled: frozenset[str]) -> Imported:
    return replace(told, rows=told.rows[~told.rows["case_id"].isin(unlabelled)])


def _with_split(rows: pd.DataFrame, test: frozenset[str]) -> pd.DataFrame:
    """Write the dataset's own split, where it has labelled test cases, for those of which the table states none."""
    if not test:
        return rows
    own = rows["case_id"].isin(test).map({True: "test", False: "train"})
    return rows.assign(split=rows["split"].mask(rows["split"] == "", own))


def _in_both(cases: Iterable[str]) -> list[str]:
    return [f"{case_id}: lies in the training and in the test folders; keep one" for case_id in sorted(cases)]


def _left_out(unlabelled: Iterable[str]) -> list[str]:
    bare = sorted(unlabelled)
    number = counted(len(bare), "case of imagesTs has", "cases of imagesTs have")
    return [f"{number} no labels, left out: {few_of(bare, TEN)}"] if bare else []
