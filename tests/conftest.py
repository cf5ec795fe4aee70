"""What several rooms' tests share."""

import json
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kseg.images import Grid, write_nifti
from kseg.models.threads import wait_briefly
from kseg.runs.status import observed_state, read_status

wait_briefly()  # tests run beside one another
os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"  # Optuna's: it wants SQLAlchemy before 2

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


CREATININE = {"control": 60.0, "mild": 100.0, "moderate": 150.0, "severe": 400.0}
"""Of men of 50: CKD-EPI 2009 gives 109, 76, 47 and 14 mL/min/1.73 m^2."""
SPLIT = ("split=counts", "split.counts.val=1", "split.counts.test=2")


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
def in_a_process():
    """Fork, and do the work there: a real process, which can be killed. Returns its id."""

    import torch  # after wait_briefly, and by those alone who fork

    def in_a_process(work):
        child = os.fork()
        if child == 0:
            torch.set_num_threads(1)  # OpenMP's threads do not survive a fork
            try:
                work()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        return child

    return in_a_process


@pytest.fixture(scope="session")
def clinic_of_boxes(boxes, tmp_path_factory):
    """16 patients, 4 a group."""
    folder = tmp_path_factory.mktemp("clinic")
    rows = []
    for number in range(16):
        name, group = f"P{number:03}", list(CREATININE)[number % 4]
        made = boxes(number)
        write_nifti(folder / "images" / f"{name}.nii.gz", made.ct_hu, made.grid)
        write_nifti(folder / "parenchyma" / f"{name}.nii.gz", made.parenchyma.astype(np.uint8), made.grid)
        write_nifti(folder / "cortex" / f"{name}.nii.gz", made.cortex.astype(np.uint8), made.grid)
        rows.append({"patient_id": name, "sex": "M", "age": 50, "creatinine_umol_l": CREATININE[group]})
    pd.DataFrame(rows).to_csv(folder / "clinical.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def command(clinic_of_boxes, small_training):
    """The command that trains on the clinic of boxes."""
    return lambda root, *overrides: small_training(
        root, "data=folder", f"data.root={clinic_of_boxes}", *SPLIT, *overrides
    )


@pytest.fixture(scope="session")
def run_script(run):
    return lambda script, *overrides: run([sys.executable, str(ROOT / script), *overrides])


@pytest.fixture(scope="session")
def wandb_records():
    """Every attempt's records by W&B's own reader, in order."""

    def wandb_records(root, tracking_id):
        read = []
        for file in sorted(Path(root).glob(f"wandb/offline-run-*/run-{tracking_id}.wandb")):
            viewer = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(file)]
            lines = subprocess.run(viewer, capture_output=True, text=True, check=False).stdout.splitlines()
            read.append([json.loads(line) for line in lines])
        return read

    return wandb_records


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("KSEG_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}; set KSEG_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def clinic(shared_data: Path) -> Path:
    return shared_data / "clinic"


@pytest.fixture
def sweep(command, tmp_path):
    """The command of a sweep on the clinic of boxes, in a folder of its own."""

    def sweep(*arguments):
        flags = [word for number, word in enumerate(arguments) if is_flag(arguments, number)]
        overrides = [word for number, word in enumerate(arguments) if not is_flag(arguments, number)]
        python, script, *rest = command(tmp_path, f"sweep_dir={tmp_path}/sweep", *overrides)
        return [python, script, *flags, *rest]

    def is_flag(arguments, number):
        return arguments[number].startswith("-") or (number > 0 and arguments[number - 1] == "--config-dir")

    return sweep


@pytest.fixture
def states(tmp_path):
    """The state of every run of the sweep, by the name of its folder."""

    def states():
        found = sorted((tmp_path / "sweep").glob("*/status.json"))
        return {status.parent.name: observed_state(read_status(status)) for status in found}

    return states
