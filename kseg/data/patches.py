"""From a draw to a patch, and from a validation case to the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from kseg.data.augment import Augmentation
from kseg.data.cutting import CutPatch, WarpSampler
from kseg.data.finishing import Patch, finish, one_thread
from kseg.data.preparation import Preparation
from kseg.data.prepared import PreparedCase
from kseg.data.sampler import ANYWHERE, Draw
from kseg.data.subject import mapped_subject


class CutDataset(Dataset[CutPatch]):
    """Patches as they are on disk, one a draw, to be finished where the network is.

    Args:
        cases: The training cases, in the sampler's order.
        sampler: Cuts them.
        jitter: How far a patch's centre may lie from the drawn place, as a share of the patch's size.
    """

    def __init__(self, cases: Sequence[PreparedCase], sampler: WarpSampler, *, jitter: float) -> None:
        self.cases = tuple(cases)
        self.sampler = sampler
        self.jitter = jitter

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, draw: Draw) -> CutPatch:
        """Cut the patch of one draw: the same draw gives the same patch, whichever worker cuts it."""
        case, random = self.cases[draw.case], np.random.default_rng(draw.seed)
        subject = mapped_subject(case)
        subject.load()
        start = self._start(case, draw.place, subject.spatial_shape, random)
        return replace(self.sampler.cut(subject, start, random), group=case.case.group)

    def _start(
        self, case: PreparedCase, place: str, shape: tuple[int, ...], random: np.random.Generator
    ) -> NDArray[np.int_]:
        """The patch's first voxel: as near to its place as the CT's borders allow.

        Where the drawn structure is not told apart, any of the parenchyma will do.
        """
        size = self.sampler.size
        voxels = case.places(place) if place != ANYWHERE else ()
        if place != ANYWHERE and len(voxels) == 0:
            voxels = case.places("parenchyma")
        if len(voxels) == 0:
            centre = random.integers(0, shape)
        else:
            reach = (size * self.jitter).astype(int)
            centre = voxels[random.integers(len(voxels))] + random.integers(-reach, reach + 1)
        start: NDArray[np.int_] = np.clip(centre - size // 2, 0, np.maximum(0, shape - size))
        return start


class PatchDataset(Dataset[Patch]):
    """Patches as the network sees them, one a draw.

    Args:
        cuts: The patches as they are on disk.
        preparation: Whose window normalises the CT.
        augment: How patches are varied.
    """

    def __init__(self, cuts: CutDataset, preparation: Preparation, augment: Augmentation) -> None:
        self.cuts = cuts
        self.preparation = preparation
        self.augment = augment

    def __len__(self) -> int:
        return len(self.cuts)

    def __getitem__(self, draw: Draw) -> Patch:
        """Cut, warp, normalise and vary the patch of one draw; the same patch, whichever worker does so."""
        with one_thread():
            return finish(self.cuts[draw], self.preparation, self.augment)


class WholeCaseDataset(Dataset[dict[str, Any]]):
    """Whole prepared cases, for validation by sliding window.

    Args:
        cases: The validation cases.
        preparation: Whose window normalises the CT.
    """

    def __init__(self, cases: Sequence[PreparedCase], preparation: Preparation) -> None:
        self.cases = tuple(cases)
        self.preparation = preparation

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Read one case: `ct` and `label_map` of shape (1, X, Y, Z), and its `group`."""
        case = self.cases[index]
        ct = self.preparation.normalize(torch.from_numpy(np.array(case.ct_hu())))
        label_map = torch.from_numpy(np.array(case.label_map()))
        return {"ct": ct[None], "label_map": label_map[None], "group": case.case.group}
