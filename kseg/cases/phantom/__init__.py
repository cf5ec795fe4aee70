"""Which cases does a clinic have that never was: patients made from a seed, with the anatomy that kseg is about."""

from __future__ import annotations

from pathlib import Path

from kseg.cases.folder import read_folder
from kseg.cases.phantom.make import make_phantom
from kseg.cases.phantom.recipe import Recipe
from kseg.clinical.rows import Imported

IN_PLANE_MM = (1.4, 1.7)


def read_phantom(
    root: str | Path,
    *,
    patients_per_group: int,
    seed: int,
    in_plane_mm: tuple[float, float] = IN_PLANE_MM,
    workers: int | None = None,
) -> Imported:
    """Read the phantom as a clinic's folder, after making what is missing of it.

    Args:
        root: The folder: `images/`, `parenchyma/`, `cortex/` and `clinical.csv`.
        patients_per_group: How many in each of the four groups, which take turns in the table.
        seed: The same seed gives the same files, whatever the number of workers.
        in_plane_mm: Between voxels of a slice, from and to; the time goes with the number of voxels.
        workers: Threads that make cases; None for one a core.

    Returns:
        One row a case, as `kseg.cases.folder.read_folder` gives them.

    Raises:
        InputError: The folder holds files of another kind.
    """
    low, high = in_plane_mm
    make_phantom(Path(root).expanduser(), Recipe(seed, patients_per_group, (low, high)), workers)
    return read_folder(root)
