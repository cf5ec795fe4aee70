"""Patches by MONAI's CacheDataset, which keeps prepared CTs in memory, or by its PersistentDataset, from disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from monai.data import CacheDataset, DataLoader, Dataset, PersistentDataset
from monai.transforms import (
    Compose,
    CropForegroundd,
    EnsureChannelFirstd,
    EnsureTyped,
    FgBgToIndicesd,
    Lambdad,
    LoadImaged,
    OneOf,
    Orientationd,
    RandAdjustContrastd,
    RandAffined,
    RandCropByPosNegLabeld,
    RandFlipd,
    RandGaussianNoised,
    RandGaussianSmoothd,
    RandScaleIntensityd,
    RandScaleIntensityFixedMeand,
    RandSimulateLowResolutiond,
    ScaleIntensityRanged,
    Spacingd,
    SpatialPadd,
    Transform,
)
from side_by_side.task import Batch, Task
from side_by_side.way import LINEAR, NEAREST
from torch.utils.data import RandomSampler

from kseg.labels import Label

BOTH = ("ct", "label_map")
ENDLESS = 1_000_000
MODES = {LINEAR: "bilinear", NEAREST: "nearest"}
KEPT = {"fg_indices_key": "label_map_kidney", "bg_indices_key": "label_map_other"}
PLAIN, PERSISTENT = "cache_plain", "persistent"
AS_THEY_COME = Compose([])


def make_ready(task: Task, *, dataset: str, labels: str, **_: int) -> None:
    """Fill the folder of the persistent dataset; the other one is filled in memory, whenever a training starts.

    Args:
        task: What is asked for.
        dataset: `cache`, `cache_plain` or `persistent`.
        labels: How they are resampled, `linear` or `nearest`.
    """
    if dataset == PERSISTENT:
        cases = _dataset(task, dataset, labels, per_volume=1)
        for index in range(len(cases)):
            cases[index]


def ready_to_load(task: Task, *, dataset: str, labels: str, per_volume: int) -> Callable[[], Iterator[Batch]]:
    """Nothing is to be done before the dataset is built.

    Args:
        task: What is asked for.
        dataset: `cache`, `cache_plain` or `persistent`.
        labels: How they are resampled, `linear` or `nearest`.
        per_volume: Patches that are cut from a CT once it is loaded.

    Returns:
        What builds dataset and loader and gives its batches.
    """
    return lambda: _batches(task, dataset, labels, per_volume)


def _batches(task: Task, dataset: str, labels: str, per_volume: int) -> Iterator[Batch]:
    cases = _dataset(task, dataset, labels, per_volume)
    loader = DataLoader(
        cases,
        batch_size=max(1, task.batch_size // per_volume),
        # with replacement, so that the workers need not run dry after twelve CTs
        sampler=RandomSampler(cases, replacement=True, num_samples=ENDLESS),
        num_workers=task.workers,
        persistent_workers=True,
    )
    for batch in loader:
        for first in range(0, len(batch["ct"]), task.batch_size):  # more come at once where more are cut from a CT
            here = slice(first, first + task.batch_size)
            yield Batch(batch["ct"][here], batch["label_map"][here], tuple(batch["case_id"][here]))


def _dataset(task: Task, dataset: str, labels: str, per_volume: int) -> Dataset:
    intensity = _intensity() if task.intensity else ()
    tuned = () if dataset == PLAIN else _kept_beside()
    crop = _crop(task, per_volume, {} if dataset == PLAIN else KEPT)
    steps = [*_preparation(task, labels), *tuned, crop, *_spatial(task, labels), *intensity]
    cases = [
        {"ct": task.images / f"{case}.nii.gz", "label_map": task.labels / f"{case}.nii.gz", "case_id": case}
        for case in task.case_ids
    ]
    if dataset == PERSISTENT:
        return PersistentDataset(cases, Compose(steps), cache_dir=task.folder / f"monai-{task.size}-{labels}")
    # no transform here writes into the patch that it is given, so that what is cached need not be copied
    copied = dataset == PLAIN
    return CacheDataset(cases, Compose(steps), num_workers=task.workers, progress=False, copy_cache=copied)


def _preparation(task: Task, labels: str) -> tuple[Transform, ...]:
    """The part that is kept: resampled by linear interpolation, cropped to the body."""
    low, high = task.window_hu
    return (
        LoadImaged(BOTH),
        EnsureChannelFirstd(BOTH),
        Orientationd(BOTH, axcodes="RAS", labels=None),
        *_resampling(labels, Spacingd(BOTH, pixdim=[task.spacing_mm] * 3, mode=("bilinear", MODES[labels]))),
        ScaleIntensityRanged("ct", a_min=low, a_max=high, b_min=0, b_max=1, clip=True),
        CropForegroundd(BOTH, source_key="ct"),
        SpatialPadd(BOTH, [task.size] * 3),
    )


def _resampling(labels: str, transform: Transform) -> tuple[Transform, ...]:
    """Resample a mask of the parenchyma and one of the cortex, where labels are linear.

    They are no Compose: MONAI takes one for random, and would not keep what comes after it.
    """
    if labels != LINEAR:
        return (transform,)
    return Lambdad("label_map", masks_of), transform, Lambdad("label_map", label_map_of)


def masks_of(label_map: Any) -> Any:
    """Take a label map apart.

    Args:
        label_map: Shape (1, X, Y, Z).

    Returns:
        Masks of the parenchyma and of the cortex, floats, shape (2, X, Y, Z).
    """
    return torch.cat([label_map > 0, label_map == int(Label.CORTEX)]).float()


def label_map_of(masks: Any) -> Any:
    """Make a label map of masks: a voxel belongs to a structure that covers half of it or more.

    Args:
        masks: As `masks_of` gives them, resampled.

    Returns:
        The label map, shape (1, X, Y, Z).
    """
    parenchyma, cortex = masks[:1] >= 0.5, masks[1:] >= 0.5
    return parenchyma * torch.where(cortex, float(Label.CORTEX), float(Label.MEDULLA))


def _kept_beside() -> tuple[Transform, ...]:
    """Where kidneys are, so that it is not looked up for every patch; and no record of what was done."""
    return (
        FgBgToIndicesd("label_map", fg_postfix="_kidney", bg_postfix="_other", image_key="ct"),
        EnsureTyped(BOTH, track_meta=False),
    )


def _crop(task: Task, per_volume: int, kept: dict[str, str]) -> Transform:
    """Two patches on a kidney for one anywhere, as kseg draws them."""
    size = [task.size] * 3
    return RandCropByPosNegLabeld(
        BOTH, "label_map", size, pos=2, neg=1, num_samples=per_volume, allow_smaller=False, **kept
    )


def _spatial(task: Task, labels: str) -> tuple[Transform, ...]:
    """nnU-Net's rotation, scaling and mirroring, of the patch alone: its corners are filled from its border."""
    size, turn = [task.size] * 3, [math.radians(30)] * 3
    how = {"spatial_size": size, "prob": 1, "padding_mode": "border", "cache_grid": True}
    varied = ({"rotate_range": turn}, {"scale_range": [(-0.3, 0.4)] * 3})
    affines = [RandAffined(BOTH, mode=("bilinear", MODES[labels]), **how, **one) for one in varied]
    return (
        *(OneOf([Compose(_resampling(labels, affine)), AS_THEY_COME], weights=(0.2, 0.8)) for affine in affines),
        *(RandFlipd(BOTH, prob=0.5, spatial_axis=axis) for axis in range(3)),
    )


def _intensity() -> tuple[Transform, ...]:
    """nnU-Net's repertoire at its rates."""
    return (
        RandGaussianNoised("ct", prob=0.1, std=0.1),
        RandGaussianSmoothd("ct", prob=0.1, sigma_x=(0.5, 1), sigma_y=(0.5, 1), sigma_z=(0.5, 1)),
        RandScaleIntensityd("ct", prob=0.15, factors=0.25),
        RandScaleIntensityFixedMeand("ct", prob=0.15, factors=0.25, preserve_range=True),
        RandSimulateLowResolutiond("ct", prob=0.125, zoom_range=(0.5, 1)),
        RandAdjustContrastd("ct", prob=0.1, gamma=(0.7, 1.5), invert_image=True, retain_stats=True),
        RandAdjustContrastd("ct", prob=0.3, gamma=(0.7, 1.5), retain_stats=True),
    )
