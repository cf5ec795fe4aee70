"""The LightningDataModule whose patches TorchIO's own queue draws."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchio as tio
from lightning.fabric.utilities.warnings import PossibleUserWarning

from kseg.clinical.cohort import Case
from kseg.data.augment import Augmentation
from kseg.data.datamodule import WORKERS, KidneyDataModule
from kseg.data.preparation import Preparation
from kseg.data.prepared import PreparedCase
from kseg.data.queue import PatchesOfSubjects, QueuedPatches, SeededSampler, VariedSubjects
from kseg.data.sampler import ANYWHERE, Drawn, GroupSampler
from kseg.data.waiting import TimedLoader
from kseg.errors import InputError


class QueueDataModule(KidneyDataModule):
    """Patches for training out of TorchIO's queue, its volumes balanced over groups; validation as elsewhere.

    A training that is resumed in the middle of an epoch goes on with the volume after the last one that has been used
    up; patches that still lay in the queue may be passed over, or drawn once more.

    Args:
        cases: The cohort; `train` and `val` are used, `test` is never opened here.
        preparation: How a CT becomes an array.
        prepared_root: Where prepared cases lie.
        patch_size: Voxels along each axis.
        sampler: Makes a TorchIO sampler, given `patch_size`.
        samples_per_volume: Patches that are cut from a volume each time it has been read and varied.
        volumes_in_queue: See `QueuedPatches`.
        patches_per_epoch: Over all ranks; what does not fill whole steps from whole volumes on all ranks is left out.
        batch_size: Patches a step and rank.
        group_shares: See `GroupSampler`.
        augment: How whole CTs are varied before they are cut.
        workers: Processes that read and vary volumes; patches are cut in the training process.
        seed: Of every draw.

    Raises:
        InputError: A setting makes no sense.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        preparation: Preparation,
        *,
        prepared_root: str | Path,
        patch_size: Sequence[int],
        sampler: Callable[..., Any],
        samples_per_volume: int,
        volumes_in_queue: int,
        patches_per_epoch: int,
        batch_size: int,
        group_shares: str | Mapping[str, float],
        augment: Augmentation,
        workers: int,
        seed: int,
    ) -> None:
        super().__init__(
            cases,
            preparation,
            prepared_root=prepared_root,
            patch_size=patch_size,
            patches_per_epoch=patches_per_epoch,
            batch_size=batch_size,
            group_shares=group_shares,
            place_shares={ANYWHERE: 1},
            jitter=0.0,
            augment=augment,
            augment_on=WORKERS,
            workers=workers,
            seed=seed,
        )
        _check_counts(samples_per_volume=samples_per_volume, volumes_in_queue=volumes_in_queue)
        self.cut_by = SeededSampler(_made(sampler, self.patch_size), samples_per_volume)
        self.samples_per_volume, self.volumes_in_queue = samples_per_volume, volumes_in_queue

    def train_dataloader(self) -> TimedLoader:
        """Patches in batches, from volumes in the order of this rank's `GroupSampler`."""
        cases = self.prepared["train"]
        volumes = self._volumes(cases)
        self._draw_by(volumes)
        queued = QueuedPatches(
            VariedSubjects(cases, self.preparation, self.augment, self.patch_size),
            volumes,
            self.cut_by,
            volumes_in_queue=self.volumes_in_queue,
            workers=self.workers,
            used=partial(self._used_by_each, volumes.ranks),
        )
        warnings.filterwarnings(  # TorchIO's queue has its own workers, and allows none around it
            "ignore", "The 'train_dataloader' does not have many workers", PossibleUserWarning
        )
        self.train_loader = TimedLoader(
            PatchesOfSubjects(), sampler=queued, batch_size=self.batch_size, pin_memory=torch.cuda.is_available()
        )
        return self.train_loader

    def drawn(self) -> Drawn:
        """Count what the patches of the last epoch were drawn from; where it was cut short, to a queue's length.

        On which structure a patch lies, TorchIO's sampler does not say.
        """
        if self.sampler is None:
            raise RuntimeError("there is no train_dataloader yet, from which anything was drawn")
        volumes = -(-self.patches_used() // self.samples_per_volume)
        epoch = max(0, volumes - 1) // self.sampler.length
        drawn = self.sampler.drawn(epoch, volumes - epoch * self.sampler.length)
        groups, patients = (
            {name: count * self.samples_per_volume for name, count in counts.items()}
            for counts in (drawn.groups, drawn.patients)
        )
        return Drawn(groups, {}, patients)

    def _volumes(self, cases: Sequence[PreparedCase]) -> GroupSampler:
        sampler = self._sampler(cases, self.samples_per_volume)
        if sampler.length == 0:
            least = math.lcm(self.batch_size, self.samples_per_volume) * sampler.ranks
            raise InputError(
                f"patches.patches_per_epoch is {self.patches_per_epoch}; whole steps (patches.batch_size="
                f"{self.batch_size}) from whole volumes (patches.samples_per_volume={self.samples_per_volume}) in "
                f"{sampler.ranks} processes take at least {least}"
            )
        return sampler

    def _used_by_each(self, ranks: int) -> int:
        return self.patches_used() // ranks


def _made(sampler: Callable[..., Any], patch_size: Sequence[int]) -> tio.data.PatchSampler:
    try:
        made = sampler(patch_size=patch_size)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"patches.sampler cannot be made ({error}); give a TorchIO sampler with _partial_: true, without patch_size"
        ) from error
    if not isinstance(made, tio.data.PatchSampler):
        raise InputError(f"patches.sampler is a {type(made).__name__}, not a TorchIO sampler; see conf/patches/sampler")
    return made


def _check_counts(**counts: int) -> None:
    problems = [f"patches.{name} is {count}; it must be at least 1" for name, count in counts.items() if count < 1]
    if problems:
        raise InputError(problems)
