"""From what is a prepared case made, so that whatever changes it gives it another name?"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from kseg.clinical.cohort import Case
from kseg.data.preparation import BODY, Preparation
from kseg.errors import InputError

RECIPE = 2
"""Raised whenever the same ingredients would make other files, so that old ones are not taken for new ones."""


def crop_of(case: Case, preparation: Preparation) -> str:
    """To what a case is cropped: as asked for if it is trained on, else to the body (see `Preparation`)."""
    return preparation.crop if case.split == "train" else BODY


def ingredients(case: Case, preparation: Preparation) -> dict[str, Any]:
    """List all that a prepared case depends on, and nothing else.

    Args:
        case: Its files are recognised by path, size and time of the last change; what counts in them by its outlines.
        preparation: Of which the window is left out: it is applied when a patch is read.

    Returns:
        Plain containers.

    Raises:
        InputError: Files are not there; one line each.
    """
    crop = crop_of(case, preparation)
    extent = {"body_hu": preparation.body_hu} if crop == BODY else {"margin_mm": preparation.margin_mm}
    outlines = [outline for outline in (case.parenchyma, case.cortex) if outline]
    files = dict.fromkeys([case.image, *(file for outline in outlines for file in outline.files)])
    return {
        "recipe": RECIPE,
        "spacing_mm": [float(length) for length in preparation.spacing_mm],
        "ct_interpolation": preparation.ct_interpolation,
        "crop": crop,
        **{name: float(value) for name, value in extent.items()},
        "image": str(case.image),
        "parenchyma": str(case.parenchyma),
        "cortex": str(case.cortex or ""),
        "files": _states(tuple(files)),
    }


def folder_name(case: Case, made_from: dict[str, Any]) -> str:
    """Name a prepared case by its ingredients.

    Args:
        case: Whose id comes first.
        made_from: Its ingredients.

    Returns:
        Another name for other ingredients.
    """
    digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    return f"{case.case_id}-{digest[:16]}"


def _states(files: tuple[Path, ...]) -> list[list[Any]]:
    states, problems = [], []
    for path in files:
        try:
            state = path.stat()
        except OSError as error:
            problems.append(f"{path}: {'no such file' if isinstance(error, FileNotFoundError) else error.strerror}")
        else:
            states.append([str(path), state.st_size, state.st_mtime_ns])
    if problems:
        raise InputError(problems)
    return states
