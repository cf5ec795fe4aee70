"""How do patches come out of TorchIO's own queue, cut by TorchIO's own samplers?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
import torchio as tio
from torch.utils.data import Dataset, Sampler

from kseg.data.augment import Augmentation
from kseg.data.finishing import Patch, drawing_from
from kseg.data.preparation import Preparation
from kseg.data.prepared import PreparedCase
from kseg.data.sampler import Draw, GroupSampler
from kseg.data.subject import mapped_subject, normalised_subject
from kseg.data.torchio_warping import torchio_warping
from kseg.errors import InputError

CPU = torch.device("cpu")
UNVARIED = Augmentation()
NOWHERE = "Empty probability map"
"""How TorchIO's message begins, where a sampler finds no place for a patch."""

log = logging.getLogger("kseg")


class VariedSubjects(tio.SubjectsDataset):
    """Whole cases as TorchIO varies them; the same draw gives the same one, whichever worker is asked.

    Args:
        cases: The training cases, in the order of the draws.
        preparation: Whose window normalises the CT.
        augment: How subjects are varied.
        patch_size: Smaller CTs are filled up to it with air.
    """

    def __init__(
        self, cases: Sequence[PreparedCase], preparation: Preparation, augment: Augmentation, patch_size: Sequence[int]
    ) -> None:
        super().__init__([mapped_subject(case) for case in cases])
        self.cases = [case.case for case in cases]
        self.preparation, self.augment, self.patch_size = preparation, augment, patch_size
        self.transforms = (*torchio_warping(augment.warping, patch_size), *(one for _, one in augment.transforms))

    def __getitem__(self, draw: Draw) -> tio.Subject:  # type: ignore[override]
        """Read, normalise and vary the case of one draw; it bears `name`, `group`, and a `seed` to cut it by."""
        subject = normalised_subject(super().__getitem__(draw.case), self.preparation, self.patch_size)
        vary_by, cut_by = np.random.default_rng(draw.seed).integers(2**63, size=2).tolist()
        with drawing_from(vary_by, self.augment, CPU):
            for transform in self.transforms:
                subject = transform(subject)
        case = self.cases[draw.case]
        subject["name"], subject["group"], subject["seed"] = case.case_id, case.group, cut_by
        subject.update_attributes()  # so that patches bear them too
        return subject


class SeededSampler(tio.data.PatchSampler):
    """Lets another TorchIO sampler cut all patches of a subject by the subject's own seed.

    A sampler that weighs places may find none, where a small CT or an augmented one leaves no room for a patch about
    any of them. Such a subject is cut anywhere, and that is told once a case: a training of hours does not end on it.

    Args:
        sampler: Cuts them.
        samples_per_volume: How many.
    """

    def __init__(self, sampler: tio.data.PatchSampler, samples_per_volume: int) -> None:
        x, y, z = sampler.patch_size.tolist()
        super().__init__((x, y, z))
        self.sampler, self.anywhere = sampler, tio.data.UniformSampler((x, y, z))
        self.samples_per_volume = samples_per_volume
        self.told: set[str] = set()

    def __call__(self, subject: tio.Subject, num_patches: int | None = None) -> Generator[tio.Subject, None, None]:
        """Yield the patches; TorchIO's queue calls this.

        Raises:
            InputError: The sampler cannot cut this subject.
        """
        name, wanted = str(subject["name"]), num_patches or self.samples_per_volume
        try:
            patches = self._cut(subject, self.sampler, wanted)
        except (KeyError, RuntimeError, ValueError) as error:
            if not str(error).startswith(NOWHERE):
                raise InputError(f"{name}: patches.sampler cuts no patch: {error}; change it") from error
            self._tell(name)
            patches = self._cut(subject, self.anywhere, wanted)
        if len(patches) < wanted:
            raise InputError(
                f"{name}: patches.sampler gives {len(patches)} patches, not {wanted}; lower patches.samples_per_volume"
            )
        yield from patches

    def _cut(self, subject: tio.Subject, sampler: tio.data.PatchSampler, wanted: int) -> list[tio.Subject]:
        seed: Any = subject["seed"]
        with drawing_from(seed, UNVARIED, CPU):
            return list(islice(sampler(subject), wanted))

    def _tell(self, name: str) -> None:
        if name not in self.told:
            self.told.add(name)
            log.warning("%s: patches.sampler has no place for a patch, as varied this time; it is cut anywhere", name)


class QueuedPatches(Sampler[tio.Subject]):
    """The patches of epoch after epoch, each epoch out of a TorchIO queue of its own, so that none leaks into the next.

    Args:
        subjects: Whole cases.
        draws: Of an epoch's volumes, those that are left of it.
        sampler: Cuts patches.
        volumes_in_queue: At most, at a time; TorchIO's `max_length` is so many times `sampler.samples_per_volume`.
        workers: Processes that vary volumes; 0 does so in the training process.
        used: Tells how many patches this rank has been trained on.
    """

    def __init__(
        self,
        subjects: VariedSubjects,
        draws: GroupSampler,
        sampler: SeededSampler,
        *,
        volumes_in_queue: int,
        workers: int,
        used: Callable[[], int],
    ) -> None:
        self.subjects, self.draws, self.sampler = subjects, draws, sampler
        self.volumes_in_queue, self.workers = volumes_in_queue, workers
        self.used = used

    def __len__(self) -> int:
        """How many patches an epoch has on each rank, also if it begins in its middle."""
        return len(self.draws) * self.sampler.samples_per_volume

    def __iter__(self) -> Iterator[tio.Subject]:
        left = len(self) - self.used() % len(self)
        queue = tio.Queue(
            self.subjects,
            max_length=self.volumes_in_queue * self.sampler.samples_per_volume,
            samples_per_volume=self.sampler.samples_per_volume,
            sampler=self.sampler,
            subject_sampler=list(self.draws),  # type: ignore[arg-type]  # the queue asks for its length at every volume
            num_workers=self.workers,
            shuffle_subjects=False,
            start_background=False,
        )
        for _ in range(left):
            yield queue[0]


class PatchesOfSubjects(Dataset[Patch]):
    """Gives a patch that TorchIO has cut as the network takes it."""

    def __getitem__(self, subject: tio.Subject) -> Patch:
        """Take the tensors; TorchIO's affine leaves label maps as float32."""
        ct, label_map = (subject.get_image(name).data for name in ("ct", "label_map"))
        return {"ct": ct.float(), "label_map": label_map.to(torch.uint8), "group": str(subject["group"])}
