"""How does what was cut become what the network sees, in a worker or on a GPU?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict

import torch
import torchio as tio
from torch import Tensor

from kseg.data.augment import Augmentation
from kseg.data.cutting import CutPatch
from kseg.data.preparation import Preparation


class Patch(TypedDict):
    """What the network trains on.

    `ct` is float32 in [-1, 1], `label_map` uint8; both have shape (1, X, Y, Z). `group` is the patient's, "" for none.
    """

    ct: Tensor
    label_map: Tensor
    group: str


class Batch(TypedDict):
    """Patches together: tensors of shape (B, 1, X, Y, Z), and the group of each."""

    ct: Tensor
    label_map: Tensor
    group: list[str]


def finish(cut: CutPatch, preparation: Preparation, augment: Augmentation) -> Patch:
    """Warp, normalise and vary one patch, on the device where its voxels are.

    Args:
        cut: The patch as it is on disk.
        preparation: Whose window normalises the CT.
        augment: How patches are varied.

    Returns:
        The patch: the same for the same seed, whatever was drawn before.
    """
    ct_hu, label_map = cut.warped()
    subject = tio.Subject(
        ct=tio.ScalarImage(tensor=preparation.normalize(ct_hu)[None]), label_map=tio.LabelMap(tensor=label_map[None])
    )
    with drawing_from(cut.seed, augment, ct_hu.device):
        for _, transform in augment.transforms:
            subject = transform(subject)
    ct, varied_labels = (subject.get_image(name).data for name in ("ct", "label_map"))
    return {"ct": ct, "label_map": varied_labels, "group": cut.group}


class CutBatch:
    """Patches as they are on disk, on their way to where they are finished: whoever moves them need not look inside.

    Args:
        cuts: The patches.
    """

    def __init__(self, cuts: Sequence[CutPatch]) -> None:
        self.cuts = tuple(cuts)

    def pin_memory(self) -> CutBatch:
        """Move the voxels to where a GPU copies from in the background; PyTorch calls this."""
        return CutBatch([cut.pin_memory() for cut in self.cuts])

    def to(self, device: torch.device, **_: Any) -> CutBatch:
        """Copy the voxels to a device; Lightning calls this."""
        return CutBatch([cut.to(device) for cut in self.cuts])


def finish_batch(batch: CutBatch, preparation: Preparation, augment: Augmentation) -> Batch:
    """Finish the patches of a batch, see `finish`.

    Args:
        batch: The patches as they are on disk.
        preparation: Whose window normalises the CT.
        augment: How patches are varied.

    Returns:
        The batch.
    """
    patches = [finish(cut, preparation, augment) for cut in batch.cuts]
    ct, label_map = (torch.stack([patch[key] for patch in patches]) for key in ("ct", "label_map"))
    return {"ct": ct, "label_map": label_map, "group": [patch["group"] for patch in patches]}


@contextmanager
def drawing_from(seed: int, augment: Augmentation, device: torch.device) -> Iterator[None]:
    """Let transforms draw from one seed, and put everybody else's random state back.

    TorchIO draws from PyTorch's global generators, MONAI from one of each transform's own.

    Args:
        seed: Below 2 ** 63.
        augment: Whose transforms draw.
        device: On which they work.

    Yields:
        Nothing.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            torch.cuda.manual_seed(seed)
        for _, transform in augment.transforms:
            for monai in _monai_transforms(transform):
                monai.set_random_state(seed=seed)
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Work in one thread, so that sums are rounded in the same way in the training process as in a worker."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _monai_transforms(transform: Any) -> Iterator[Any]:
    """Those of MONAI's transforms in a TorchIO transform that draw; MONAI's own chains seed what is in them."""
    if isinstance(transform, tio.MonaiAdapter) and hasattr(transform.monai_transform, "set_random_state"):
        yield transform.monai_transform
    inner = transform.transforms_dict if isinstance(transform, tio.OneOf) else getattr(transform, "transforms", ())
    for one in inner:
        yield from _monai_transforms(one)
