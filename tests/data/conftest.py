"""A small cohort on disk, and its prepared cases."""

import numpy as np
import pytest

from kseg.clinical.cohort import Case
from kseg.data.preparation import Preparation
from kseg.data.prepared import prepare_cases
from kseg.images import Grid, write_nifti
from kseg.outlines import Outline

PREPARATION = Preparation(spacing_mm=(2.0, 2.0, 2.0), window_hu=(-200, 400), body_hu=-500)
GROUPS = ("control", "mild", "moderate", "severe", "control")


def written_case(folder, number, *, cortex=True):
    """Two boxes for kidneys in a body of water; every patient's values differ."""
    random = np.random.default_rng(number)
    ct = random.normal(0, 20, (24, 20, 16)).astype(np.int16)
    parenchyma = np.zeros(ct.shape, bool)
    parenchyma[3:9, 5:15, 4:12] = parenchyma[15:21, 5:15, 4:12] = True
    inner = np.zeros(ct.shape, bool)
    inner[5:7, 8:12, 6:10] = inner[17:19, 8:12, 6:10] = True
    ct[parenchyma] += 200 + 10 * number
    grid = Grid(ct.shape, np.diag([2.0, 2.0, 2.0, 1]))
    name = f"P{number:03}"
    paths = {kind: folder / kind / f"{name}.nii.gz" for kind in ("images", "parenchyma", "cortex")}
    write_nifti(paths["images"], ct, grid)
    write_nifti(paths["parenchyma"], parenchyma.astype(np.uint8), grid)
    write_nifti(paths["cortex"], (parenchyma & ~inner).astype(np.uint8), grid)
    group = GROUPS[number % len(GROUPS)]
    outlines = Outline((paths["parenchyma"],)), Outline((paths["cortex"],)) if cortex else None
    return Case(name, name, group, "train", paths["images"], *outlines)


@pytest.fixture
def cases(tmp_path):
    return tuple(written_case(tmp_path / "clinic", number) for number in range(5))


@pytest.fixture
def preparation():
    return PREPARATION


@pytest.fixture
def prepared(cases, tmp_path):
    return prepare_cases(cases, PREPARATION, tmp_path / "prepared")
