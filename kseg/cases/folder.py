"""Which cases lie in a clinic's own folder?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kseg.cases.clinic_table import read_clinic_table
from kseg.errors import InputError

NIFTI = (".nii.gz", ".nii")


def read_folder(
    root: str | Path,
    *,
    table: str = "clinical.csv",
    images: str = "images",
    parenchyma: str = "parenchyma",
    cortex: str | None = "cortex",
    creatinine_unit: str = "umol/L",
) -> pd.DataFrame:
    """Read a folder with one sub-folder of CTs, one of each outline, and a table of patients.

    Files are called by case: `images/P104.nii.gz`, or `.nii`. What the table needs, see `read_clinic_table`.

    Args:
        root: The folder.
        table: The CSV file in it.
        images: The sub-folder of CTs.
        parenchyma: The sub-folder of outlines of the renal parenchyma.
        cortex: The sub-folder of outlines of the cortex; None where no cortex was outlined.
        creatinine_unit: `umol/L` or `mg/dL`, of a column that is called `creatinine` and no more.

    Returns:
        One row a case in the table's order, with the columns of `kseg.clinical.rows.ROW_COLUMNS`; paths are absolute.

    Raises:
        InputError: Folders, files, columns or values are missing, doubled or unreadable; every problem in one error.
    """
    place = Path(root).expanduser().absolute()
    folders = {
        kind: place / name
        for kind, name in {"image": images, "parenchyma": parenchyma, "cortex": cortex}.items()
        if name
    }
    _refuse(_absences(place, table, [*folders.values()]))
    rows, problems = read_clinic_table(place / table, creatinine_unit)
    files = {kind: _scans(folder) for kind, folder in folders.items()}
    _refuse([*problems, *_gaps(rows, folders, files), *_strays(rows, table, folders, files), *_twins(files)])
    for kind in ("image", "parenchyma", "cortex"):
        rows[kind] = [str(files[kind][case][0]) if kind in files else "" for case in rows["case_id"]]
    return rows.reset_index(drop=True)


def _absences(place: Path, table: str, folders: list[Path]) -> list[str]:
    if not place.is_dir():
        return [f"{place}: no such folder; set data.root to the folder of the CTs, outlines and table"]
    there = ", ".join(sorted(f"{path.name}{'/' * path.is_dir()}" for path in place.iterdir())) or "nothing"
    problems = [f"{folder}: no such folder; {place.name} holds {there}" for folder in folders if not folder.is_dir()]
    if not (place / table).is_file():
        problems.append(f"{place / table}: no such file; {place.name} holds {there}")
    return problems


def _scans(folder: Path) -> dict[str, list[Path]]:
    scans: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        suffix = next((suffix for suffix in NIFTI if path.name.endswith(suffix)), None)
        if suffix and not path.name.startswith("."):
            scans.setdefault(path.name.removesuffix(suffix), []).append(path)
    return scans


def _gaps(rows: pd.DataFrame, folders: dict[str, Path], files: dict[str, dict[str, list[Path]]]) -> list[str]:
    problems = []
    for case in rows["case_id"][rows["case_id"] != ""].unique():
        lacking = [f"{folder.name}/{case}.nii.gz" for kind, folder in folders.items() if case not in files[kind]]
        if lacking:
            problems.append(
                f"{case}: no {' and no '.join(lacking)}, nor as .nii; add what is missing or take out the row"
            )
    return problems


def _strays(
    rows: pd.DataFrame, table: str, folders: dict[str, Path], files: dict[str, dict[str, list[Path]]]
) -> list[str]:
    known = set(rows["case_id"])
    places: dict[str, list[str]] = {}
    for kind, scans in files.items():
        for case in scans.keys() - known:
            places.setdefault(case, []).append(f"{folders[kind].name}/")
    return [
        f"{case}: lies in {', '.join(where)} but has no row in {table}; add the row or take the files out"
        for case, where in sorted(places.items())
    ]


def _twins(files: dict[str, dict[str, list[Path]]]) -> list[str]:
    return [
        f"{case}: {' and '.join(path.name for path in paths)} both lie in {paths[0].parent.name}/; keep one"
        for scans in files.values()
        for case, paths in scans.items()
        if len(paths) > 1
    ]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise InputError(problems)
