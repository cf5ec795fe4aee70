"""The LightningDataModule: who is trained on, who is validated, and in what batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torchio as tio
from lightning import LightningDataModule
from torch.utils.data import DataLoader

from kseg.clinical.cohort import Case
from kseg.data.patches import Patch, PatchDataset, WholeCaseDataset
from kseg.data.preparation import Preparation
from kseg.data.prepared import PreparedCase, prepare_cases
from kseg.data.sampler import GroupSampler


class KidneyDataModule(LightningDataModule):
    """Patches for training, balanced over groups and structures; whole cases for validation.

    Args:
        cases: The cohort; `train` and `val` are used, `test` is never opened here.
        preparation: How a CT becomes an array.
        prepared_root: Where prepared cases lie.
        patch_size: Voxels along each axis.
        patches_per_epoch: Over all ranks.
        batch_size: Patches a step and rank.
        group_shares: See `GroupSampler`.
        place_shares: See `GroupSampler`.
        jitter: See `PatchDataset`.
        augment: A TorchIO transform, or None.
        workers: Processes that cut patches; 0 cuts them in the training process.
        seed: Of every draw.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        preparation: Preparation,
        *,
        prepared_root: str | Path,
        patch_size: Sequence[int],
        patches_per_epoch: int,
        batch_size: int,
        group_shares: str | Mapping[str, float],
        place_shares: Mapping[str, float],
        jitter: float,
        augment: tio.Transform | None,
        workers: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.cases = tuple(cases)
        self.preparation = preparation
        self.prepared_root = Path(prepared_root)
        self.patch_size, self.jitter, self.augment = tuple(patch_size), jitter, augment
        self.patches_per_epoch, self.batch_size = patches_per_epoch, batch_size
        self.group_shares, self.place_shares = group_shares, place_shares
        self.workers, self.seed = workers, seed
        self.prepared: dict[str, tuple[PreparedCase, ...]] = {}

    def prepare_data(self) -> None:
        """Prepare what is not prepared yet; Lightning calls this on one process a node."""
        self._prepare("train", "val")

    def setup(self, stage: str) -> None:
        """Find the prepared cases; Lightning calls this on every process."""
        self.prepared = {split: self._prepare(split) for split in ("train", "val")}

    def train_dataloader(self) -> DataLoader[Patch]:
        """Patches in batches, in the order of this rank's `GroupSampler`."""
        cases = self.prepared["train"]
        dataset = PatchDataset(cases, self.preparation, size=self.patch_size, jitter=self.jitter, augment=self.augment)
        sampler = GroupSampler(
            [one.case.group for one in cases],
            group_shares=self.group_shares,
            place_shares=self.place_shares,
            length=self.patches_per_epoch,
            seed=self.seed,
            **self._rank(),
        )
        return self._loader(dataset, sampler=sampler, batch_size=self.batch_size, drop_last=True)

    def val_dataloader(self) -> DataLoader[dict[str, Any]] | list[Any]:
        """Whole cases one by one; no loader where the split has no `val`."""
        if not self.prepared["val"]:
            return []
        return self._loader(WholeCaseDataset(self.prepared["val"], self.preparation), batch_size=1)

    def _prepare(self, *splits: str) -> tuple[PreparedCase, ...]:
        chosen = [case for case in self.cases if case.split in splits]
        return prepare_cases(chosen, self.preparation, self.prepared_root)

    def _rank(self) -> dict[str, int]:
        trainer = self.trainer
        return {"rank": trainer.global_rank, "ranks": trainer.world_size} if trainer else {}

    def _loader(self, dataset: Any, **settings: Any) -> DataLoader[Any]:
        return DataLoader(
            dataset,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
            **settings,
        )
