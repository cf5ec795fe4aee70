"""Which cases lie in a copy of AMOS22, the abdominal multi-organ segmentation challenge?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from kseg.cases.layout.case_rows import CaseRow, as_rows
from kseg.cases.layout.files import contents, find_files, open_root
from kseg.clinical.rows import Imported
from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError
from kseg.outlines import Outline

PATTERNS = {kind: f"{kind}/{{case_id}}" for kind in ("imagesTr", "labelsTr", "imagesVa", "labelsVa")}
RIGHT_KIDNEY, LEFT_KIDNEY = 2, 3
LAST_CT = 500
"""Cases of a higher number are MRI."""


def read_amos(root: str | Path) -> Imported:
    """Read a copy of AMOS22: its CTs with outlines, of the parts for training and for validation.

    Ji et al. 2022, NeurIPS Datasets and Benchmarks, arXiv:2206.08023. No cortex is outlined in it, no eGFR is known.

    Args:
        root: The folder that holds imagesTr and labelsTr, and imagesVa and labelsVa.

    Returns:
        One row a CT that has outlines.

    Raises:
        InputError: There is none.
    """
    place = open_root(root, "AMOS22")
    layout = find_files(place, PATTERNS)
    files = layout.files
    images, labels = files["imagesTr"] | files["imagesVa"], files["labelsTr"] | files["labelsVa"]
    mri = {case_id for case_id in images.keys() | labels.keys() if _is_mri(case_id)}
    drawn = sorted(labels.keys() - mri)
    if not drawn:
        needed = "imagesTr/amos_0001.nii.gz and labelsTr/amos_0001.nii.gz, or imagesVa and labelsVa, are needed"
        raise InputError(f"{place}: no CTs with outlines; {needed}; {place.name} holds {contents(place)}")
    values = (RIGHT_KIDNEY, LEFT_KIDNEY)
    return Imported(
        as_rows([CaseRow(case_id, images.get(case_id), Outline((labels[case_id],), values)) for case_id in drawn]),
        problems=(
            *layout.problems,
            *_in_both(files["labelsTr"].keys() & files["labelsVa"].keys()),
            *_without_image(labels.keys() - images.keys() - mri),
        ),
        remarks=(*_left_out_mri(mri), *_left_out_bare(images.keys() - labels.keys() - mri)),
    )


def _is_mri(case_id: str) -> bool:
    number = re.search(r"\d+$", case_id)
    return number is not None and int(number[0]) > LAST_CT


def _in_both(cases: Iterable[str]) -> list[str]:
    return [f"{case_id}: lies in labelsTr/ and in labelsVa/; keep one" for case_id in sorted(cases)]


def _without_image(cases: Iterable[str]) -> list[str]:
    bare = sorted(cases)
    number = counted(len(bare), "case has", "cases have")
    return [f"{number} outlines but no CT: {few_of(bare, TEN)}; add the CTs or take the outlines out"] if bare else []


def _left_out_mri(cases: Iterable[str]) -> list[str]:
    bare = sorted(cases)
    return [f"{counted(len(bare), 'case is', 'cases are')} MRI, left out: {few_of(bare, TEN)}"] if bare else []


def _left_out_bare(cases: Iterable[str]) -> list[str]:
    bare = sorted(cases)
    number = counted(len(bare), "CT has", "CTs have")
    return [f"{number} no outlines, left out: {few_of(bare, TEN)}"] if bare else []
