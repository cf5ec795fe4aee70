"""What several rooms' tests share."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from kseg.images import Grid
from kseg.models.threads import wait_briefly

wait_briefly()  # tests run beside one another

ROOT = Path(__file__).parent.parent
SMALL = (
    "prepare.spacing_mm=[2,2,2]",
    "patches.patch_size=[16,16,16]",
    "patches.patches_per_epoch=8",
    "patches.workers=0",
    "model.network.channels=[4,8]",
    "model.network.strides=[2]",
    "trainer.val_check_interval=00:00:00:03",
)
"""What makes a training of boxes take seconds."""


@dataclass(frozen=True)
class Boxes:
    """A patient of two kidneys, boxes of cortex around medulla in a body of water; every number is another patient."""

    ct_hu: np.ndarray
    parenchyma: np.ndarray
    cortex: np.ndarray
    grid: Grid

    @classmethod
    def of_patient(cls, number):
        random = np.random.default_rng(number)
        ct = random.normal(20, 15, (40, 24, 24)).astype(np.int16)
        ct[:2] = -1000
        parenchyma, medulla = np.zeros(ct.shape, bool), np.zeros(ct.shape, bool)
        for left in (5 + number % 3, 25 + number % 2):
            parenchyma[left : left + 10, 6:18, 5:19] = True
            medulla[left + 3 : left + 7, 9:15, 8:16] = True
        ct[parenchyma] += 180
        ct[medulla] -= 90
        affine = np.diag([-2.0, -2.0, 2.0, 1]) if number % 2 else np.diag([2.0, 2.0, 2.0, 1])
        return cls(ct, parenchyma, parenchyma & ~medulla, Grid(ct.shape, affine))


@pytest.fixture(scope="session")
def boxes():
    return Boxes.of_patient


@pytest.fixture(scope="session")
def small_training():
    """The command that trains on a cohort of boxes, all that it makes below one folder."""

    def small_training(root, *overrides):
        return [sys.executable, str(ROOT / "train.py"), f"paths.root={root}", *SMALL, *overrides]

    return small_training


@pytest.fixture(scope="session")
def run():
    """Run a command in the project's folder to its end, whatever that is."""

    def run(command):
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    return run


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("KSEG_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}; set KSEG_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def clinic(shared_data: Path) -> Path:
    return shared_data / "clinic"
