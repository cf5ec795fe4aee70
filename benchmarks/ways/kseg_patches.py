"""Patches by kseg, built as train.py builds them: a composed config, a cohort, a LightningDataModule."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pandas as pd
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from side_by_side.task import Batch, Task

from kseg.clinical.cohort import Case
from kseg.data.datamodule import KidneyDataModule
from kseg.labels import Label
from kseg.models.allocator import keep_large_blocks
from kseg.outlines import Outline

CONF = Path(__file__).resolve().parents[2] / "conf"
LONG = 20_000
"""Patches an epoch: more than are ever counted, few enough to be drawn in no time."""
SPATIAL = {"_target_", "rotation", "scaling", "mirroring"}


def make_ready(task: Task, *, patches: str) -> None:
    """Prepare the cases.

    Args:
        task: What is asked for.
        patches: A choice of `conf/patches`.
    """
    _data_module(task, patches).prepare_data()


def ready_to_prepare(task: Task, *, patches: str) -> Callable[[], None]:
    """Take away what was prepared earlier.

    Args:
        task: What is asked for.
        patches: A choice of `conf/patches`.

    Returns:
        What prepares all cases.
    """
    data = _data_module(task, patches)
    shutil.rmtree(data.prepared_root, ignore_errors=True)
    return data.prepare_data


def ready_to_load(task: Task, *, patches: str) -> Callable[[], Iterator[Batch]]:
    """Compose the run's config and build the data module, as a training has done before it opens its data.

    Args:
        task: What is asked for.
        patches: A choice of `conf/patches`.

    Returns:
        What finds the prepared cases, builds the loader and gives its batches.
    """
    keep_large_blocks()
    data = _data_module(task, patches)
    return lambda: _batches(data)


def _batches(data: KidneyDataModule) -> Iterator[Batch]:
    data.setup("fit")
    loader = data.train_dataloader()
    cases = [one.case.case_id for one in data.prepared["train"]]
    from_a_ct = getattr(data, "samples_per_volume", 1)
    # a queue shuffles what it holds: over whole fillings each case has its count
    drawn = (cases[draw.case] for draw in data.sampler for _ in range(from_a_ct))
    for batch in loader:
        yield Batch(batch["ct"], batch["label_map"], tuple(islice(drawn, len(batch["ct"]))))


def _data_module(task: Task, patches: str) -> KidneyDataModule:
    config = _composed(task, patches)
    preparation, augment = (instantiate(config[name], _convert_="all") for name in ("prepare", "augment"))
    make = instantiate(config.patches, _convert_="all")
    data: KidneyDataModule = make(cases_of_task(task), preparation, augment=augment)
    return data


def _composed(task: Task, patches: str) -> DictConfig:
    overrides = {
        "patches": patches,
        "paths.root": task.folder / "kseg",
        "prepare.spacing_mm": [task.spacing_mm] * 3,
        "augment": "nnunet",
        "augment.mirroring.axes": [0, 1, 2],
        "patches.patch_size": [task.size] * 3,
        "patches.batch_size": task.batch_size,
        "patches.workers": task.workers,
        "patches.patches_per_epoch": LONG,
    }
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"{key}={value}" for key, value in overrides.items()])
    for name in () if task.intensity else set(config.augment) - SPATIAL:
        config.augment[name] = None
    return config


def cases_of_task(task: Task) -> tuple[Case, ...]:
    """All of its cases, to be trained on."""
    table = pd.read_csv(task.patients)
    return tuple(
        Case(case_id, case_id, group, split, task.images / f"{case_id}.nii.gz", *_outlines(task, case_id))
        for case_id, group, split in table[["patient_id", "group", "split"]].itertuples(index=False)
    )


def _outlines(task: Task, case_id: str) -> tuple[Outline, Outline]:
    drawn = (task.labels / f"{case_id}.nii.gz",)
    return Outline(drawn, (Label.MEDULLA, Label.CORTEX)), Outline(drawn, (Label.CORTEX,))
