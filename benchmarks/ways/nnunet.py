"""Patches by nnU-Net v2's own loader and augmentation, and the plans and prepared cases that it needs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter
from batchgeneratorsv2.transforms.utils.random import RandomTransform
from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprints, plan_experiments
from nnunetv2.training.dataloading.data_loader import nnUNetDataLoader
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from side_by_side.task import Batch, Task

DATASET_ID, DATASET = 501, "Dataset501_KIDNEY"
PLANS, CONFIGURATION = "nnUNetPlans", "3d_fullres"
LABELS = {"background": 0, "medulla": 1, "cortex": 2}
ALL_CASES = "all"


def make_ready(task: Task) -> None:
    """Let nnU-Net look at the CTs, plan, and preprocess, once for each size of patch: its files are cut up to fit.

    Args:
        task: What is asked for.
    """
    plan(task)
    if not _is_whole(task):
        _preprocess(task)


def plan(task: Task) -> None:
    """Make nnU-Net's dataset and plan, and of it one with the task's size of patch and of batch in place of its own.

    Args:
        task: What is asked for.
    """
    _enter(task)
    own = _preprocessed(task) / f"{PLANS}.json"
    if not own.exists():
        _make_dataset(task)
        extract_fingerprints([DATASET_ID], num_processes=task.workers, show_progress_bar=False)
        plan_experiments([DATASET_ID], overwrite_target_spacing=[task.spacing_mm] * 3)
    planned = json.loads(own.read_text()) | {"plans_name": _plans(task)}
    asked = {"patch_size": [task.size] * 3, "batch_size": task.batch_size, "data_identifier": _plans(task)}
    planned["configurations"][CONFIGURATION].update(asked)
    (_preprocessed(task) / f"{_plans(task)}.json").write_text(json.dumps(planned))


def ready_to_prepare(task: Task) -> Callable[[], None]:
    """Look at the CTs and plan, which is not counted.

    Args:
        task: What is asked for.

    Returns:
        What takes away what was prepared earlier, and prepares all cases.
    """
    plan(task)
    return lambda: _preprocess(task)


def _preprocess(task: Task) -> None:
    """Splines of the third degree for the CT, of the first for labels."""
    manager = PlansManager(str(_preprocessed(task) / f"{_plans(task)}.json"))
    preprocessor = manager.get_configuration(CONFIGURATION).preprocessor_class(verbose=False)
    preprocessor.show_progress_bar = False
    preprocessor.run(DATASET_ID, CONFIGURATION, _plans(task), num_processes=task.workers)


def dataset_and_plans(task: Task) -> tuple[dict[str, Any], dict[str, Any]]:
    """What nnU-Net's trainer is made from; planned first where that was not done yet.

    Args:
        task: What is asked for.

    Returns:
        The dataset's description and the plans.
    """
    plan(task)
    plans = json.loads((_preprocessed(task) / f"{_plans(task)}.json").read_text()) | {"continue_training": False}
    dataset = json.loads((_preprocessed(task) / "dataset.json").read_text())
    return dataset, plans


def ready_to_load(task: Task) -> Callable[[], Iterator[Batch]]:
    """Build nnU-Net's trainer, which knows the plan, but no loader yet.

    Args:
        task: What is asked for.

    Returns:
        What builds the loader and gives its batches.
    """
    dataset, plans = dataset_and_plans(task)
    trainer = nnUNetTrainer(plans, CONFIGURATION, ALL_CASES, dataset, device=torch.device("cpu"))
    return lambda: _batches(task, trainer)


def _batches(task: Task, trainer: nnUNetTrainer) -> Iterator[Batch]:
    """As `nnUNetTrainer.get_dataloaders` does, but for training alone, and without deep supervision's targets."""
    rotation, dummy_2d, initial_size, mirror_axes = trainer.configure_rotation_dummyDA_mirroring_and_inital_patch_size()
    transforms = _transforms(task, trainer, (rotation, None, mirror_axes, dummy_2d))
    cases, _ = trainer.get_tr_and_val_datasets()
    loader = nnUNetDataLoader(
        cases,
        task.batch_size,
        initial_size,
        trainer.configuration_manager.patch_size,
        trainer.label_manager,
        oversample_foreground_percent=trainer.oversample_foreground_percent,
        transforms=transforms,
        probabilistic_oversampling=trainer.probabilistic_oversampling,
    )
    augmenter = NonDetMultiThreadedAugmenter(
        data_loader=loader,
        transform=None,
        num_processes=task.workers,
        num_cached=max(6, task.workers // 2),
        seeds=None,
        pin_memory=False,
        wait_time=0.002,
    )
    for batch in augmenter:
        yield Batch(batch["data"], batch["target"], tuple(map(str, batch["keys"])))


def _transforms(task: Task, trainer: nnUNetTrainer, settings: tuple[Any, ...]) -> Any:
    """The trainer's own, or only what moves voxels of them."""
    size = trainer.configuration_manager.patch_size
    transforms = trainer.get_training_transforms(size, *settings)
    if not task.intensity:  # all changes of intensity are in a RandomTransform, and nothing else is
        transforms.transforms = [one for one in transforms.transforms if not isinstance(one, RandomTransform)]
    return transforms


def _enter(task: Task) -> None:
    for name in ("raw", "preprocessed", "results"):
        os.environ[f"nnUNet_{name}"] = str(_home(task) / name)


def _home(task: Task) -> Path:
    return task.folder / "nnunet"


def _plans(task: Task) -> str:
    return f"{PLANS}{task.size}"


def _preprocessed(task: Task) -> Path:
    return _home(task) / "preprocessed" / DATASET


def _is_whole(task: Task) -> bool:
    """Whether every case is there; a case's properties are written last."""
    folder = _preprocessed(task) / _plans(task)
    return all((folder / f"{case}.pkl").exists() for case in task.case_ids)


def _make_dataset(task: Task) -> None:
    """The raw layout, of links to the CTs that everybody reads."""
    dataset = _home(task) / "raw" / DATASET
    for folder, source, ending in (("imagesTr", task.images, "_0000"), ("labelsTr", task.labels, "")):
        (dataset / folder).mkdir(parents=True, exist_ok=True)
        for case in task.case_ids:
            link = dataset / folder / f"{case}{ending}.nii.gz"
            link.unlink(missing_ok=True)
            link.symlink_to(source / f"{case}.nii.gz")
    told = {"channel_names": {"0": "CT"}, "labels": LABELS, "numTraining": len(task.case_ids), "file_ending": ".nii.gz"}
    (dataset / "dataset.json").write_text(json.dumps(told))
