"""Which cases lie in a copy of KiTS, the Kidney Tumor Segmentation challenge of 2019, 2021 or 2023?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kseg.cases.kits_patients import NOBODY, read_patients
from kseg.cases.layout.case_rows import CaseRow, as_rows
from kseg.cases.layout.files import Layout, contents, find_files, open_root
from kseg.cases.layout.lesions import count_as_parenchyma
from kseg.clinical.rows import Imported
from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError
from kseg.outlines import Outline

PLACES = (".", "data", "dataset")
"""Where below the root the cases may lie: KiTS19 and 21 keep them in data, KiTS23 in dataset."""

PATTERNS = {
    "image": "{case_id}/imaging",
    "segmentation": "{case_id}/segmentation",
    "majority": "{case_id}/aggregated_MAJ_seg",
}
"""KiTS21 has several readers' outlines; their majority is the one that the challenge was judged by."""

KIDNEY, TUMOUR, CYST = 1, 2, 3


def read_kits(root: str | Path, *, lesions: str = "apart") -> Imported:
    """Read a copy of KiTS: folders of cases, and a JSON file with sex, age and eGFR of the patients.

    Heller et al. 2021, Med Image Anal 67:101821; https://kits-challenge.org. No cortex is outlined in it.

    Args:
        root: The folder that holds the folders of cases, or has them in `data` or `dataset`.
        lesions: `apart`: tumours and cysts are left out of the parenchyma; `parenchyma`: they belong to it.

    Returns:
        One row a case that has a segmentation; remarks on those without, and on what is not known of the patients.

    Raises:
        InputError: There is no case.
    """
    values = (KIDNEY, TUMOUR, CYST) if count_as_parenchyma(lesions) else (KIDNEY,)
    place = open_root(root, "KiTS")
    layout = _cases(place)
    images, outlines = layout.files["image"], layout.files["majority"] | layout.files["segmentation"]
    patients = read_patients([place / below for below in PLACES], outlines)
    rows = [
        CaseRow(
            case_id,
            image=images.get(case_id),
            parenchyma=Outline((outlines[case_id],), values),
            sex=patients.of.get(case_id, NOBODY).sex,
            age=patients.of.get(case_id, NOBODY).age,
            egfr=patients.of.get(case_id, NOBODY).egfr,
        )
        for case_id in sorted(outlines)
    ]
    table = as_rows(rows)
    return Imported(
        table,
        problems=(*layout.problems, *_without_image(rows), *patients.problems),
        remarks=(*_without_segmentation(images.keys() - outlines.keys()), *patients.remarks),
        unreadable=frozenset(table.index[table["case_id"].isin(patients.unreadable)]),
    )


def _cases(place: Path) -> Layout:
    for below in PLACES:
        layout = find_files(place / below, PATTERNS)
        if layout.files["segmentation"] or layout.files["majority"]:
            return layout
    raise InputError(
        f"{place}: no cases; folders such as case_00000 with imaging.nii.gz and segmentation.nii.gz are needed, in it, "
        f"in data or in dataset; {place.name} holds {contents(place)}"
    )


def _without_image(rows: Iterable[CaseRow]) -> list[str]:
    bare = [row.case_id for row in rows if row.image is None]
    if not bare:
        return []
    number = counted(len(bare), "case has", "cases have")
    return [
        f"{number} a segmentation but no imaging.nii.gz: {few_of(bare, TEN)}; "
        "download it with the challenge's own script, or take the folders out"
    ]


def _without_segmentation(bare: Iterable[str]) -> list[str]:
    cases = sorted(bare)
    if not cases:
        return []
    number = counted(len(cases), "case without a segmentation is", "cases without a segmentation are")
    return [f"{number} left out, as KiTS19's test set: {few_of(cases, TEN)}"]
