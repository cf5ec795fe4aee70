"""Patches by MONAI's CacheDataset, which keeps prepared CTs in memory, or by its PersistentDataset, from disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from monai.data import CacheDataset, DataLoader, Dataset, PersistentDataset
from monai.transforms import (
    Compose,
    CropForegroundd,
    EnsureChannelFirstd,
    EnsureTyped,
    FgBgToIndicesd,
    LoadImaged,
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
from torch.utils.data import RandomSampler

BOTH = ("ct", "label_map")
ENDLESS = 1_000_000
CACHE, PERSISTENT = "cache", "persistent"


def make_ready(task: Task, *, dataset: str, **_: int) -> None:
    """Fill the folder of the persistent dataset; the other one is filled in memory, whenever a training starts.

    Args:
        task: What is asked for.
        dataset: `cache` or `persistent`.
    """
    if dataset == PERSISTENT:
        cases = _dataset(task, dataset, per_volume=1)
        for index in range(len(cases)):
            cases[index]


def ready_to_load(task: Task, *, dataset: str, per_volume: int) -> Callable[[], Iterator[Batch]]:
    """Nothing is to be done before the dataset is built.

    Args:
        task: What is asked for.
        dataset: `cache` or `persistent`.
        per_volume: Patches that are cut from a CT once it is loaded.

    Returns:
        What builds dataset and loader and gives its batches.
    """
    return lambda: _batches(task, dataset, per_volume)


def _batches(task: Task, dataset: str, per_volume: int) -> Iterator[Batch]:
    cases = _dataset(task, dataset, per_volume)
    loader = DataLoader(
        cases,
        batch_size=task.batch_size // per_volume,
        # with replacement, so that the workers need not run dry after twelve CTs
        sampler=RandomSampler(cases, replacement=True, num_samples=ENDLESS),
        num_workers=task.workers,
        persistent_workers=True,
    )
    for batch in loader:
        yield Batch(batch["ct"], batch["label_map"], tuple(batch["case_id"]))


def _dataset(task: Task, dataset: str, per_volume: int) -> Dataset:
    steps = [*_preparation(task), *_crop(task, per_volume), *_spatial(task), *(_intensity() if task.intensity else ())]
    cases = [
        {"ct": task.images / f"{case}.nii.gz", "label_map": task.labels / f"{case}.nii.gz", "case_id": case}
        for case in task.case_ids
    ]
    if dataset == PERSISTENT:
        return PersistentDataset(cases, Compose(steps), cache_dir=task.folder / f"monai-{task.size}")
    # no transform here writes into the patch that it is given, so that what is cached need not be copied
    return CacheDataset(cases, Compose(steps), num_workers=task.workers, progress=False, copy_cache=False)


def _preparation(task: Task) -> tuple[Transform, ...]:
    """The part that is kept: linear interpolation, labels nearest, cropped to the body, with the places of kidneys."""
    low, high = task.window_hu
    return (
        LoadImaged(BOTH),
        EnsureChannelFirstd(BOTH),
        Orientationd(BOTH, axcodes="RAS", labels=None),
        Spacingd(BOTH, pixdim=[task.spacing_mm] * 3, mode=("bilinear", "nearest")),
        ScaleIntensityRanged("ct", a_min=low, a_max=high, b_min=0, b_max=1, clip=True),
        CropForegroundd(BOTH, source_key="ct"),
        SpatialPadd(BOTH, [task.size] * 3),
        FgBgToIndicesd("label_map", fg_postfix="_kidney", bg_postfix="_other", image_key="ct"),
        EnsureTyped(BOTH, track_meta=False),
    )


def _crop(task: Task, per_volume: int) -> tuple[Transform, ...]:
    """Two patches on a kidney for one anywhere, as kseg draws them."""
    size = [task.size] * 3
    kept = {"fg_indices_key": "label_map_kidney", "bg_indices_key": "label_map_other"}
    return (
        RandCropByPosNegLabeld(
            BOTH, "label_map", size, pos=2, neg=1, num_samples=per_volume, allow_smaller=False, **kept
        ),
    )


def _spatial(task: Task) -> tuple[Transform, ...]:
    """nnU-Net's rotation, scaling and mirroring, of the patch alone: its corners are filled from its border."""
    size, turn = [task.size] * 3, [math.radians(30)] * 3
    how = {"spatial_size": size, "prob": 0.2, "mode": ("bilinear", "nearest"), "cache_grid": True}
    return (
        RandAffined(BOTH, rotate_range=turn, padding_mode="border", **how),
        RandAffined(BOTH, scale_range=[(-0.3, 0.4)] * 3, padding_mode="border", **how),
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
