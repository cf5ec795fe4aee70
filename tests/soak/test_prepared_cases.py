"""Prepared cases under load: thousands of them, and processes that are killed again and again."""

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.clinical.cohort import Case
from kseg.data.prepared import prepare_cases
from kseg.images import Grid, write_nifti
from kseg.outlines import Outline

CONF = Path(__file__).parents[2] / "conf"
CASES, STEPS = 2000, 5000


def written_case(folder, number, shape):
    """A box of cortex around medulla in a body of water, in a CT of noise; every number is another patient."""
    ct = np.random.default_rng(number).normal(0, 20, shape).astype(np.int16)
    parenchyma, cortex = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    box = tuple(slice(length // 4, length // 4 * 3) for length in shape)
    parenchyma[box] = cortex[box] = 1
    cortex[tuple(slice(length // 8 * 3, length // 8 * 5) for length in shape)] = 0
    ct[parenchyma > 0] += 200
    grid, name = Grid(shape, np.diag([1.5, 1.5, 2.0, 1])), f"P{number:04}"
    files = {kind: folder / kind / f"{name}.nii.gz" for kind in ("images", "parenchyma", "cortex")}
    for file, voxels in zip(files.values(), (ct, parenchyma, cortex), strict=True):
        write_nifti(file, voxels, grid)
    group = ("control", "mild", "moderate", "severe")[number % 4]
    outlines = (Outline((files[kind],)) for kind in ("parenchyma", "cortex"))
    return Case(name, name, group, "train", files["images"], *outlines)


@pytest.mark.soak
@pytest.mark.parametrize("workers", [0, 1])
def test_thousands_of_cases_are_cut_at_flat_memory(thousands, workers, capsys):
    cases, root = thousands
    overrides = [
        "prepare.spacing_mm=[2,2,2]",
        "patches.patch_size=[16,16,16]",
        f"patches.patches_per_epoch={2 * STEPS}",
        "patches.batch_size=2",
        f"patches.workers={workers}",
        f"paths.root={root}",
    ]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", overrides)
    preparation, augment = (instantiate(config[name], _convert_="all") for name in ("prepare", "augment"))
    data = instantiate(config["patches"], _convert_="all")(cases, preparation, augment=augment)
    before = time.monotonic()
    data.setup("fit")
    found_again_s = time.monotonic() - before
    held = [held_by_this_and_its_workers() for step, _ in enumerate(data.train_dataloader(), 1) if step % 500 == 0]
    assert len(held) == STEPS // 500
    memory_mb, files, maps = zip(*held, strict=True)
    with capsys.disabled():
        print(f"\n{CASES} cases found again in {found_again_s:.2f} s; {workers} workers, every 500 of {STEPS} steps:")
        print(f"memory {[round(mb) for mb in memory_mb]} MB, open files {list(files)}, mapped {list(maps)}")
    assert memory_mb[-1] - memory_mb[3] < 10  # by then, every case has been opened
    assert max(files) - min(files) < 20  # a batch that is under way between processes takes some
    assert max(maps) <= 8


@pytest.fixture(scope="module")
def thousands(tmp_path_factory):
    """Cases and the folder below which they are prepared."""
    folder = tmp_path_factory.mktemp("thousands")
    cases = [written_case(folder / "clinic", number, (24, 24, 16)) for number in range(CASES)]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["prepare.spacing_mm=[2,2,2]", f"paths.root={folder}"])
    prepare_cases(cases, instantiate(config["prepare"], _convert_="all"), Path(config["paths"]["prepared"]))
    return cases, folder


def held_by_this_and_its_workers():
    """Resident memory in MB, open files, and prepared files that are mapped."""
    here = psutil.Process()
    processes = [here, *here.children(recursive=True)]
    memory_mb = sum(process.memory_info().rss for process in processes) / 2**20
    maps = sum(Path(f"/proc/{process.pid}/maps").read_text().count("/prepared/") for process in processes)
    return memory_mb, sum(process.num_fds() for process in processes), maps


@pytest.mark.soak
def test_processes_that_are_killed_again_and_again_end_with_the_same_bytes(in_a_process, tmp_path, capsys):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        preparation = instantiate(compose("train")["prepare"], _convert_="all")
    cases = [written_case(tmp_path / "clinic", number, (96, 96, 48)) for number in range(40)]
    whole = {one.folder.name: contents_of(one.folder) for one in prepare_cases(cases, preparation, tmp_path / "whole")}
    chance, kills, root = random.Random(1), 0, tmp_path / "prepared"
    while True:
        children = [in_a_process(lambda: prepare_cases(cases, preparation, root, workers=1)) for _ in range(2)]
        for child in children:
            time.sleep(chance.uniform(0, 0.2))
            os.kill(child, signal.SIGKILL)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert set(codes) <= {0, -signal.SIGKILL}
        kills += codes.count(-signal.SIGKILL)
        named = {path.name: contents_of(path) for path in root.glob("P*")}
        assert named.items() <= whole.items()
        if 0 in codes:
            break
    prepare_cases(cases, preparation, root)
    with capsys.disabled():
        print(f"\nkilled {kills} times")
    assert kills >= 3
    assert {path.name: contents_of(path) for path in root.iterdir()} == whole


def contents_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}
