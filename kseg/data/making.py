"""How does a prepared case get onto the disk, whole or not at all, and is it still whole?"""

from __future__ import annotations

import io
import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from kseg.clinical.cohort import Case
from kseg.data.preparation import KIDNEYS, Placement, Preparation
from kseg.data.recipe import crop_of
from kseg.errors import InputError
from kseg.images import Grid, Volume, bounding_box, read_volume, write_atomically, write_nifti
from kseg.labels import STRUCTURES, structure_mask
from kseg.outlines import read_outlines
from kseg.runs.claim import LOCK, Claim, claimed

CT, LABEL_MAP, CONTENTS = "ct.nii", "label_map.nii", "contents.json"
PARTIAL = ".partial"


def places_file(structure: str) -> str:
    """The file that holds the voxels of a structure."""
    return f"places_{structure}.npy"


FILES = (CT, LABEL_MAP, *map(places_file, STRUCTURES))
"""All that a prepared case consists of, beside `CONTENTS`."""


def make_case(case: Case, preparation: Preparation, folder: Path, made_from: dict[str, Any]) -> None:
    """Prepare one case; its folder appears whole or not at all.

    Args:
        case: To be prepared.
        preparation: The settings.
        folder: Which is not there yet.
        made_from: Kept beside the files, for whoever wonders.

    Raises:
        InputError: The case cannot be prepared.
        OSError: The folder cannot be written.
    """
    ct_hu, labels, grid = _prepared_volumes(case, preparation)
    partial = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}{PARTIAL}")
    try:
        write_nifti(partial / CT, ct_hu, grid)
        write_nifti(partial / LABEL_MAP, labels, grid)
        for structure in STRUCTURES:
            write_atomically(partial / places_file(structure), _places(labels, structure))
        sizes = {name: (partial / name).stat().st_size for name in FILES}
        write_atomically(partial / CONTENTS, json.dumps({"files": sizes, "made_from": made_from}, indent=1).encode())
        _move_into_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def fault_of(folder: Path) -> str | None:
    """Tell why a prepared case cannot be read.

    Sizes are looked at, not contents: it has to be quick for thousands of cases, and a half-written file is shorter.

    Args:
        folder: Of the prepared case.

    Returns:
        What is missing or too short; None if nothing is.
    """
    try:
        listed = json.loads((folder / CONTENTS).read_bytes())["files"]
        sizes = [(name, listed[name]) for name in FILES]
    except FileNotFoundError:
        return f"{CONTENTS} is missing"
    except (OSError, LookupError, TypeError, ValueError, AttributeError):
        return f"{CONTENTS} cannot be read"
    for name, size in sizes:
        try:
            held = (folder / name).stat().st_size
        except OSError:
            return f"{name} is missing"
        if held != size:
            return f"{name} holds {held} bytes instead of {size}"
    return None


def clear_leftovers(root: Path) -> None:
    """Remove what killed processes left half-written; what a living one is writing is claimed, and stays.

    Args:
        root: The folder of prepared cases.
    """
    leftovers: dict[str, list[Path]] = defaultdict(list)
    for path in root.glob(".*"):
        if path.name.endswith((LOCK, PARTIAL)):
            name = path.name.removesuffix(LOCK) if path.name.endswith(LOCK) else path.name.rsplit(".", 2)[0]
            leftovers[name.removeprefix(".")].append(path)
    for name, paths in leftovers.items():
        with claimed(root / name, wait=False) as claim:
            for path in paths if claim is Claim.OURS else ():
                shutil.rmtree(path, ignore_errors=True)  # the lock goes with the claim


def _move_into_place(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError:
        if fault_of(folder):  # otherwise another process was faster, where the file system knows no locks
            raise


def _prepared_volumes(case: Case, preparation: Preparation) -> tuple[NDArray[np.int16], NDArray[np.uint8], Grid]:
    drawn = _read(lambda: read_outlines(case.parenchyma, case.cortex))
    ct = _read(lambda: read_volume(case.image))
    if not drawn.grid.same_as(ct.grid):
        raise InputError(f"{case.parenchyma} lies on another grid than {case.image}")
    to_kidneys = crop_of(case, preparation) == KIDNEYS
    placement: Placement = preparation.place_kidneys(drawn) if to_kidneys else preparation.place(ct)
    return placement.resample_ct(ct.voxels), placement.resample_label_map(drawn.voxels), placement.prepared_grid


def _read(reading: Callable[[], Volume]) -> Volume:
    """Read; what goes wrong on the way is the case's fault, not that of the disk that is written to."""
    try:
        return reading()
    except OSError as error:
        raise InputError(f"cannot be read ({error})") from error


def _places(labels: NDArray[np.uint8], structure: str) -> bytes:
    mask = structure_mask(labels, structure)
    box = bounding_box(mask)
    places = np.argwhere(mask[box]) + [side.start for side in box]
    content = io.BytesIO()
    np.save(content, places.astype(np.int16, order="C"), allow_pickle=False)
    return content.getvalue()
