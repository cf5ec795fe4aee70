"""Patches by TorchIO's Queue, from the CTs as they are or from prepared ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torchio as tio
from side_by_side.task import Batch, Task
from side_by_side.way import LINEAR
from torch.utils.data import RandomSampler

from kseg.labels import Label
from ways.torchio_labels import by_structure
from ways.torchio_preparation import preparation, prepare_case, prepared_files, raw_files, subject_of

PLACES = {Label.BACKGROUND: 1.0, Label.MEDULLA: 1.0, Label.CORTEX: 1.0}
"""Where a patch's centre lies: as kseg draws it."""
ENDLESS = 1_000_000
RAW, PREPARED = "raw", "prepared"


def make_ready(task: Task, *, files: str, labels: str, **_: int) -> None:
    """Prepare the CTs once, where the queue reads prepared ones.

    Args:
        task: What is asked for.
        files: `raw` or `prepared`.
        labels: How they are resampled, `linear` or `nearest`.
    """
    for case_id in task.case_ids if files == PREPARED else ():
        if not all(path.exists() for path in prepared_files(task, case_id, labels)):
            prepare_case(task, case_id, labels)


def ready_to_load(
    task: Task, *, files: str, labels: str, per_volume: int, queue_length: int
) -> Callable[[], Iterator[Batch]]:
    """Nothing is to be done before the queue is built.

    Args:
        task: What is asked for.
        files: `raw` or `prepared`.
        labels: How they are resampled, `linear` or `nearest`.
        per_volume: Patches that are cut from a CT once it is loaded and augmented.
        queue_length: Patches that the queue holds.

    Returns:
        What builds the queue and gives its batches.
    """
    return lambda: _batches(task, files, labels, per_volume, queue_length)


def _batches(task: Task, files: str, labels: str, per_volume: int, queue_length: int) -> Iterator[Batch]:
    cases = [subject_of(case_id, _files(task, case_id, files, labels)) for case_id in task.case_ids]
    subjects = tio.SubjectsDataset(cases, tio.Compose(_steps(task, files, labels)))
    queue = tio.Queue(
        subjects,
        queue_length,
        per_volume,
        tio.LabelSampler(task.size, "label_map", PLACES),
        # with replacement, so that the queue's workers need not be started again after twelve CTs
        subject_sampler=RandomSampler(subjects, replacement=True, num_samples=ENDLESS // per_volume),
        shuffle_subjects=False,
        num_workers=task.workers,
    )
    for batch in tio.SubjectsLoader(queue, batch_size=task.batch_size, num_workers=0):
        yield Batch(batch["ct"][tio.DATA], batch["label_map"][tio.DATA], tuple(batch["case_id"]))


def _files(task: Task, case_id: str, files: str, labels: str) -> tuple[Path, ...]:
    return raw_files(task, case_id) if files == RAW else prepared_files(task, case_id, labels)


def _steps(task: Task, files: str, labels: str) -> list[tio.Transform]:
    prepared = preparation(task, labels) if files == RAW else ()
    intensity = _intensity(task) if task.intensity else ()
    return [*prepared, *_spatial(labels), *intensity, PadToPatch(task.size)]


class PadToPatch(tio.SpatialTransform):
    """Pad what is smaller than a patch, which TorchIO's samplers refuse.

    Args:
        size: Voxels of the patch along each axis.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.args_names = ["size"]

    def apply_transform(self, subject: tio.Subject) -> tio.Subject:
        """Pad both sides of an axis alike, with air and background."""
        missing = [max(0, self.size - length) for length in subject.spatial_shape]
        sides = [side for length in missing for side in (length // 2, length - length // 2)]
        return tio.Pad(sides, padding_mode="minimum")(subject) if any(sides) else subject


def _spatial(labels: str) -> tuple[tio.Transform, ...]:
    """nnU-Net's rotation, scaling and mirroring; of the whole CT, as the queue wants it."""
    rotation, scaling = {"scales": (1, 1), "degrees": 30}, {"scales": (0.7, 1.4), "degrees": 0, "isotropic": True}
    return (
        *(_affine(labels, p=0.2, label_interpolation=labels, **what) for what in (rotation, scaling)),
        tio.RandomFlip(axes=(0, 1, 2), flip_probability=0.5),
    )


def _affine(labels: str, p: float, **settings: Any) -> tio.Transform:
    if labels == LINEAR:
        return by_structure(tio.RandomAffine(**settings), p=p)
    return tio.RandomAffine(p=p, **settings)


def _intensity(task: Task) -> tuple[tio.Transform, ...]:
    """What TorchIO has of nnU-Net's repertoire, at its rates; blur is in mm here."""
    return (
        tio.RandomNoise(std=(0, 0.1), p=0.1),
        tio.RandomBlur(std=(0.5 * task.spacing_mm, task.spacing_mm), p=0.1),
        tio.RandomAnisotropy(downsampling=(1, 2), p=0.125),
        tio.RandomGamma(log_gamma=(math.log(0.7), math.log(1.5)), p=0.3),
    )
