"""From a draw to a patch: cut from disk, normalised, augmented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import torch
import torchio as tio
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from kseg.data.preparation import AIR_HU, Preparation
from kseg.data.prepared import PreparedCase
from kseg.data.sampler import ANYWHERE, Draw
from kseg.labels import Label


class Patch(TypedDict):
    """What the network trains on; a batch holds the same keys with a leading batch axis.

    `ct` is float32 in [-1, 1] before augmentation, `label_map` uint8; both have shape (1, X, Y, Z).
    """

    ct: Tensor
    label_map: Tensor


class PatchDataset(Dataset[Patch]):
    """Patches cut from prepared cases, one a draw: the same draw gives the same patch, whichever worker cuts it.

    Args:
        cases: The training cases, in the sampler's order.
        preparation: Whose window normalises the CT.
        size: Voxels of a patch along each axis. A smaller CT is filled up with air.
        jitter: How far a patch's centre may lie from the drawn place, as a share of the patch's size.
        augment: A TorchIO transform of subjects with `ct` and `label_map`, or None.
    """

    def __init__(
        self,
        cases: Sequence[PreparedCase],
        preparation: Preparation,
        *,
        size: Sequence[int],
        jitter: float,
        augment: tio.Transform | None,
    ) -> None:
        self.cases = tuple(cases)
        self.preparation = preparation
        self.size = np.array(size)
        self.jitter = jitter
        self.augment = augment

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, draw: Draw) -> Patch:
        """Cut, normalise and augment the patch of one draw."""
        case, random = self.cases[draw.case], np.random.default_rng(draw.seed)
        ct_hu, label_map = case.ct_hu(), case.label_map()
        start = self._start(case, draw.place, ct_hu.shape, random)
        patch: Patch = {
            "ct": self.preparation.normalize(torch.from_numpy(cut(ct_hu, start, self.size, fill=AIR_HU)))[None],
            "label_map": torch.from_numpy(cut(label_map, start, self.size, fill=Label.BACKGROUND))[None],
        }
        return patch if self.augment is None else _augmented(patch, self.augment, random)

    def _start(
        self, case: PreparedCase, place: str, shape: tuple[int, ...], random: np.random.Generator
    ) -> NDArray[np.int_]:
        """The patch's first voxel: as near to its place as the CT's borders allow.

        Where the drawn structure is not told apart, any of the parenchyma will do.
        """
        voxels = case.places(place) if place != ANYWHERE else ()
        if place != ANYWHERE and len(voxels) == 0:
            voxels = case.places("parenchyma")
        if len(voxels) == 0:
            centre = random.integers(0, shape)
        else:
            reach = (self.size * self.jitter).astype(int)
            centre = voxels[random.integers(len(voxels))] + random.integers(-reach, reach + 1)
        start: NDArray[np.int_] = np.clip(centre - self.size // 2, 0, np.maximum(0, shape - self.size))
        return start


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


def cut(volume: NDArray[Any], start: NDArray[np.int_], size: NDArray[np.int_], *, fill: int) -> NDArray[Any]:
    """Copy a box out of a mapped volume, reading no more than the box; what lies outside the volume is filled."""
    patch = np.full(tuple(size), fill, volume.dtype)
    stop = np.minimum(start + size, volume.shape)
    inside = tuple(slice(0, length) for length in stop - start)
    patch[inside] = volume[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    return patch


def _augmented(patch: Patch, augment: tio.Transform, random: np.random.Generator) -> Patch:
    """TorchIO draws from torch's global generator: give it this patch's seed and put the old state back."""
    subject = tio.Subject(ct=tio.ScalarImage(tensor=patch["ct"]), label_map=tio.LabelMap(tensor=patch["label_map"]))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(random.integers(2**63)))
        augmented: Any = augment(subject)
    return {"ct": augmented["ct"].data, "label_map": augmented["label_map"].data}
