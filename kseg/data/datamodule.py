"""The LightningDataModule: who is trained on, who is validated, in what batches, and where patches are finished."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import LightningDataModule
from lightning.fabric.utilities.warnings import PossibleUserWarning

from kseg.clinical.cohort import Case
from kseg.data.augment import Augmentation
from kseg.data.cutting import WarpSampler
from kseg.data.finishing import CutBatch, finish_batch
from kseg.data.patches import CutDataset, PatchDataset, WholeCaseDataset
from kseg.data.preparation import Preparation
from kseg.data.prepared import PreparedCase, prepare_cases
from kseg.data.sampler import ANYWHERE, Drawn, GroupSampler
from kseg.data.waiting import TimedLoader
from kseg.errors import InputError
from kseg.labels import STRUCTURES

AUTO, WORKERS, DEVICE = "auto", "workers", "device"


class KidneyDataModule(LightningDataModule):
    """Patches for training, balanced over groups and structures; whole cases for validation.

    A training that is resumed, also in the middle of an epoch, goes on with the patch after the last one it was
    trained on.

    Args:
        cases: The cohort; `train` and `val` are used, `test` is never opened here.
        preparation: How a CT becomes an array.
        prepared_root: Where prepared cases lie.
        patch_size: Voxels along each axis.
        patches_per_epoch: Over all ranks; what does not fill a step of all ranks is left out.
        batch_size: Patches a step and rank.
        group_shares: See `GroupSampler`.
        place_shares: See `GroupSampler`.
        jitter: See `CutDataset`.
        augment: How patches are varied.
        augment_on: Where patches are finished: by the `workers`, on the network's `device` as whole batches, or `auto`:
            on a GPU if there is one and all transforms are kseg's own, else by the workers.
        workers: Processes that cut patches; 0 cuts them in the training process.
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
        patches_per_epoch: int,
        batch_size: int,
        group_shares: str | Mapping[str, float],
        place_shares: Mapping[str, float],
        jitter: float,
        augment: Augmentation,
        augment_on: str,
        workers: int,
        seed: int,
    ) -> None:
        super().__init__()
        _check_place(augment_on, augment)
        _check_place_shares(place_shares)
        self.cases = tuple(cases)
        self.preparation = preparation
        self.prepared_root = Path(prepared_root)
        self.patch_size, self.jitter = tuple(patch_size), jitter
        self.augment, self.augment_on = augment, augment_on
        self.patches_per_epoch, self.batch_size = patches_per_epoch, batch_size
        self.group_shares, self.place_shares = group_shares, place_shares
        self.workers, self.seed = workers, seed
        self.prepared: dict[str, tuple[PreparedCase, ...]] = {}
        self.sampler: GroupSampler | None = None
        self.train_loader: TimedLoader | None = None
        self.patches_before, self.batches_before, self.waited_before_s = 0, 0, 0.0

    def prepare_data(self) -> None:
        """Prepare what is not prepared yet; Lightning calls this on one process a node."""
        self._prepare("train", "val")

    def setup(self, stage: str) -> None:
        """Find the prepared cases; Lightning calls this on every process."""
        self.prepared = {split: self._prepare(split) for split in ("train", "val")}

    def train_dataloader(self) -> TimedLoader:
        """Patches in batches, in the order of this rank's `GroupSampler`."""
        cases = self.prepared["train"]
        self._draw_by(self._sampler(cases))
        cuts = CutDataset(cases, WarpSampler(self.patch_size, self.augment.warping), jitter=self.jitter)
        batches = {"sampler": self.sampler, "batch_size": self.batch_size, "drop_last": True}
        if self._finishes_on_device():
            self.train_loader = self._loader(cuts, collate_fn=CutBatch, **batches)
        else:
            self.train_loader = self._loader(PatchDataset(cuts, self.preparation, self.augment), **batches)
        return self.train_loader

    @property
    def waited_s(self) -> float:
        """For how many seconds the training has waited for patches, see `TimedLoader`."""
        return self.waited_before_s + (self.train_loader.waited_s if self.train_loader else 0.0)

    def val_dataloader(self) -> TimedLoader | list[Any]:
        """Whole cases one by one; no loader where the split has no `val`."""
        if not self.prepared["val"]:
            return []
        return self._loader(WholeCaseDataset(self.prepared["val"], self.preparation), batch_size=1)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Finish the patches that the workers have only cut; Lightning calls this with a batch on its device."""
        if not isinstance(batch, CutBatch):
            return batch
        finished = finish_batch(batch, self.preparation, self.augment)
        return self.trainer.precision_plugin.convert_input(finished) if self.trainer else finished

    def patches_used(self) -> int:
        """Count the patches that have been trained on in all epochs, over all processes, also before a resume."""
        if self.sampler is None:
            return self.patches_before
        batches = self._batches() - self.batches_before
        return self.patches_before + batches * self.batch_size * self.sampler.ranks

    def drawn(self) -> Drawn:
        """Count what the patches of the last epoch were drawn from, as far as they have been trained on."""
        if self.sampler is None:
            raise RuntimeError("there is no train_dataloader yet, from which anything was drawn")
        used, length = self.patches_used(), self.sampler.length
        epoch = max(0, used - 1) // length
        return self.sampler.drawn(epoch, used - epoch * length)

    def state_dict(self) -> dict[str, int]:
        """How far the training has come; Lightning stores this in a checkpoint."""
        return {"patches_used": self.patches_used()}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where a checkpoint was stored; Lightning calls this before it asks for patches."""
        self.patches_before, self.sampler = state["patches_used"], None
        warnings.filterwarnings(  # the sampler goes on by itself, of which Lightning knows nothing
            "ignore", "You're resuming from a checkpoint that ended before the epoch ended", PossibleUserWarning
        )

    def _draw_by(self, sampler: GroupSampler) -> None:
        """Go on counting where the sampler before this one, if there was one, has come to."""
        self.patches_before, self.waited_before_s = self.patches_used(), self.waited_s
        self.sampler, self.batches_before, self.train_loader = sampler, self._batches(), None

    def _sampler(self, cases: Sequence[PreparedCase], patches_a_draw: int = 1) -> GroupSampler:
        rank, ranks = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        step = self.batch_size * ranks
        if self.patches_per_epoch < step:
            raise InputError(
                f"patches.patches_per_epoch is {self.patches_per_epoch}; one step alone takes {step}, "
                f"{self.batch_size} for each of {ranks} processes"
            )
        whole = math.lcm(self.batch_size, patches_a_draw) * ranks
        return GroupSampler(
            [one.case.group for one in cases],
            patients=[one.case.patient_id for one in cases],
            group_shares=self.group_shares,
            place_shares=self.place_shares,
            length=self.patches_per_epoch // whole * whole // patches_a_draw,
            seed=self.seed,
            rank=rank,
            ranks=ranks,
            progress=lambda: self.patches_used() // (patches_a_draw * ranks) * ranks,
        )

    def _batches(self) -> int:
        """How many batches Lightning counts as trained on by this process, also before a resume."""
        if self.trainer is None:
            return 0
        counted: Any = self.trainer.fit_loop.epoch_loop.batch_progress.total
        return int(counted.processed)

    def _finishes_on_device(self) -> bool:
        if self.augment_on == AUTO:
            on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
            return on_gpu and not self.augment.bound_to_workers
        return self.augment_on == DEVICE

    def _prepare(self, *splits: str) -> tuple[PreparedCase, ...]:
        chosen = [case for case in self.cases if case.split in splits]
        return prepare_cases(chosen, self.preparation, self.prepared_root)

    def _loader(self, dataset: Any, **settings: Any) -> TimedLoader:
        return TimedLoader(
            dataset,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # else each epoch's start would draw from the numbers that are the network's
            **settings,
        )


def _check_place(augment_on: str, augment: Augmentation) -> None:
    if augment_on not in (AUTO, WORKERS, DEVICE):
        raise InputError(f"patches.augment_on is {augment_on!r}; it must be {AUTO}, {WORKERS} or {DEVICE}")
    if augment_on == DEVICE and augment.bound_to_workers:
        names = ", ".join(f"augment.{name}" for name in augment.bound_to_workers)
        raise InputError(f"patches.augment_on is {DEVICE}, where {names} cannot work; set patches.augment_on={WORKERS}")


def _check_place_shares(place_shares: Mapping[str, float]) -> None:
    known = (*STRUCTURES, ANYWHERE)
    unknown = [name for name in place_shares if name not in known]
    if unknown:
        raise InputError(f"patches.place_shares has {', '.join(unknown)}; known are {', '.join(known)}")
