"""How the phantom's folder is made, resumed and made anew."""

import gzip
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kseg.cases.phantom import make, read_phantom
from kseg.cases.phantom.recipe import Stream
from kseg.cases.phantom.scanner import Scan
from kseg.errors import InputError
from kseg.images import Grid

COARSE_MM = (5.0, 5.5)
MAKING = """
import sys
from kseg.cases.phantom import read_phantom
read_phantom(sys.argv[1], patients_per_group=1, seed=5, in_plane_mm=(5.0, 5.5), workers=1)
"""


def made(root, seed=5, workers=None, patients_per_group=1):
    """Make a phantom, and return its files' contents."""
    read_phantom(root, patients_per_group=patients_per_group, seed=seed, in_plane_mm=COARSE_MM, workers=workers)
    return contents(root)


def contents(root):
    """Read all files; of gzipped ones what they hold, as their header tells the time of writing."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {
        str(path.relative_to(root)): gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in files
    }


@pytest.fixture
def scanned(monkeypatch):
    """Take a tiny volume of noise for a scan, and note whose it was."""
    calls = []

    def tiny(recipe, patient):
        calls.append(patient)
        rng = recipe.rng(patient.index, Stream.SCAN)
        ct_hu = rng.integers(-1024, 400, (4, 4, 4)).astype(np.int16)
        mask = (ct_hu > 0).astype(np.uint8)
        return Scan(ct_hu, mask, mask, Grid(ct_hu.shape, np.diag([3.0, 3.0, 5.0, 1.0])))

    monkeypatch.setattr(make, "scan_patient", tiny)
    return calls


def test_the_layout_is_a_clinics(tmp_path, scanned):
    files = made(tmp_path)
    cases = {f"{folder}/K00{n}.nii.gz" for folder in ("images", "parenchyma", "cortex") for n in (1, 2, 3, 4)}
    assert files.keys() == cases | {"clinical.csv", "phantom.json"}
    assert files["clinical.csv"].splitlines()[0] == b"patient_id,sex,age,creatinine_umol_l"


def test_the_same_seed_gives_the_same_files_whatever_the_workers(tmp_path):
    assert made(tmp_path / "one", workers=1) == made(tmp_path / "three", workers=3)


def test_a_cohort_that_is_whole_is_read_not_made(tmp_path, scanned):
    made(tmp_path)
    made(tmp_path)
    assert len(scanned) == 4


def test_a_lost_case_is_made_again_alone(tmp_path, scanned):
    whole = made(tmp_path)
    (tmp_path / "cortex" / "K003.nii.gz").unlink()
    assert made(tmp_path) == whole
    assert len(scanned) == 4 + 1


def test_another_seed_makes_the_folder_anew(tmp_path, scanned):
    first, second = made(tmp_path, seed=6), made(tmp_path)
    assert first.keys() == second.keys()
    assert all(first[path] != second[path] for path in first)
    assert second == made(tmp_path.parent / "beside")


def test_fewer_patients_leave_none_of_the_others_behind(tmp_path, scanned):
    made(tmp_path, patients_per_group=2)
    assert len(made(tmp_path)) == 4 * 3 + 2


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_bytes(b"chapter 1")
    with pytest.raises(InputError, match=r"thesis\.docx.*set data\.root"):
        made(tmp_path)
    assert contents(tmp_path) == {"thesis.docx": b"chapter 1"}


def test_two_at_once_make_every_case_once(tmp_path, scanned):
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: made(tmp_path), range(2))
    assert first == second
    assert len(scanned) == 4


def test_a_making_that_was_killed_is_completed(tmp_path):
    root = tmp_path / "killed"
    with subprocess.Popen([sys.executable, "-c", MAKING, str(root)], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(root.glob("images/K*")) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    assert not (root / "clinical.csv").exists()
    assert made(root) == made(tmp_path / "undisturbed")
    assert not list(root.rglob("*.partial"))


@pytest.mark.soak
@pytest.mark.slow
def test_sixty_four_patients_take_less_than_a_minute_of_two_cores(tmp_path):
    start = time.process_time()
    rows = read_phantom(tmp_path, patients_per_group=16, seed=2025)
    assert len(rows.rows) == 64
    assert time.process_time() - start < 2 * 60
