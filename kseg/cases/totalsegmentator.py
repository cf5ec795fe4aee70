"""Which cases lie in a copy of the TotalSegmentator dataset?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kseg.cases.layout.case_rows import CaseRow, as_rows
from kseg.cases.layout.files import Layout, contents, find_files, open_root
from kseg.cases.layout.lesions import count_as_parenchyma
from kseg.cases.totalsegmentator_meta import NOBODY, Subject, read_meta
from kseg.clinical.rows import Imported
from kseg.clinical.saying import TEN, counted, few_of
from kseg.errors import InputError
from kseg.outlines import Outline

KIDNEYS = ("kidney_left", "kidney_right")
CYSTS = ("kidney_cyst_left", "kidney_cyst_right")
PATTERNS = {"image": "{case_id}/ct", **{name: f"{{case_id}}/segmentations/{name}" for name in (*KIDNEYS, *CYSTS)}}


def read_totalsegmentator(root: str | Path, *, lesions: str = "apart") -> Imported:
    """Read a copy of the TotalSegmentator dataset of CTs, version 1 or 2.

    Wasserthal et al. 2023, Radiol Artif Intell 5(5):e230024. No cortex is outlined in it, and no eGFR is known.

    Args:
        root: The folder that holds the subjects' folders, such as s0000, and meta.csv.
        lesions: `apart`: cysts are left out of the parenchyma; `parenchyma`: they belong to it.

    Returns:
        One row a subject of whom both kidneys are outlined (the outlines may be empty), with the set's own split.

    Raises:
        InputError: There is no subject.
    """
    cysts = CYSTS if count_as_parenchyma(lesions) else ()
    place = open_root(root, "TotalSegmentator's dataset")
    layout = find_files(place, PATTERNS)
    subjects = {subject for name in ("image", *KIDNEYS) for subject in layout.files[name]}
    drawn = sorted(subject for subject in subjects if all(subject in layout.files[name] for name in KIDNEYS))
    if not drawn:
        needed = "folders such as s0000 with ct.nii.gz and segmentations/kidney_left.nii.gz are needed"
        raise InputError(f"{place}: no subjects; {needed}; {place.name} holds {contents(place)}")
    meta = read_meta(place / "meta.csv", drawn)
    rows = [_row(subject, layout, cysts, meta.of.get(subject, NOBODY)) for subject in drawn]
    return Imported(
        as_rows(rows),
        problems=(*layout.problems, *_without_ct(rows), *meta.problems),
        remarks=(*_left_out(subjects - set(drawn)), *_without_cysts(drawn, layout, cysts), *meta.remarks),
    )


def _row(subject: str, layout: Layout, cysts: Sequence[str], known: Subject) -> CaseRow:
    outlined = [layout.files[name][subject] for name in (*KIDNEYS, *cysts) if subject in layout.files[name]]
    return CaseRow(
        subject,
        image=layout.files["image"].get(subject),
        parenchyma=Outline(tuple(outlined)),
        sex=known.sex,
        age=known.age,
        split=known.split,
    )


def _without_ct(rows: Iterable[CaseRow]) -> list[str]:
    bare = [row.case_id for row in rows if row.image is None]
    number = counted(len(bare), "subject has", "subjects have")
    return [f"{number} no ct.nii.gz: {few_of(bare, TEN)}; download them again, or take the folders out"] if bare else []


def _left_out(subjects: Iterable[str]) -> list[str]:
    bare = sorted(subjects)
    number = counted(len(bare), "subject lacks", "subjects lack")
    return [f"{number} an outline of a kidney, left out: {few_of(bare, TEN)}"] if bare else []


def _without_cysts(drawn: Iterable[str], layout: Layout, cysts: Sequence[str]) -> list[str]:
    bare = [subject for subject in drawn if not all(subject in layout.files[name] for name in cysts)]
    number = counted(len(bare), "subject lacks", "subjects lack")
    return [f"{number} an outline of cysts, which cannot be counted as parenchyma: {few_of(bare, TEN)}"] if bare else []
