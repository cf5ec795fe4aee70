"""How is a patch cut out of a prepared case without reading the rest?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torchio as tio
from numpy.typing import NDArray
from torch import Tensor

from kseg.data.preparation import AIR_HU
from kseg.data.warp import AS_IT_IS, Warp, Warping
from kseg.data.warped import Box, warped_ct
from kseg.data.warped_labels import warped_labels
from kseg.images import bounding_box
from kseg.labels import Label


@dataclass(frozen=True)
class CutPatch:
    """All that a patch is made from, in the types of the disk: what is read, wherever the patch is then finished.

    Args:
        ct_hu: int16. The patch itself; if it is resampled, what the warp reaches of the CT.
        label_map: uint8. The same of the label map; if it is resampled, cropped to the labels.
        labels: Those that occur in it.
        warp: What is still to be done.
        size: Of the finished patch, in voxels.
        seed: Of what is varied once it is warped.
        group: The patient's, "" for none.
    """

    ct_hu: Box
    label_map: Box
    labels: frozenset[int]
    warp: Warp
    size: tuple[int, ...]
    seed: int
    group: str = ""

    def warped(self) -> tuple[Tensor, Tensor]:
        """Carry the warp out, on the device where the voxels are.

        Returns:
            The CT in HU (int16; float32 if it was resampled) and the label map (uint8), both of shape (X, Y, Z).
        """
        if self.warp.resamples:
            label_map = warped_labels(self.label_map, self.warp, self.size, self.labels)
            return warped_ct(self.ct_hu, self.warp, self.size), label_map
        return self.ct_hu.voxels.flip(self.warp.mirrored), self.label_map.voxels.flip(self.warp.mirrored)

    def pin_memory(self) -> CutPatch:
        """Move the voxels to where a GPU copies from in the background."""
        return self._holding(self.ct_hu.voxels.pin_memory(), self.label_map.voxels.pin_memory())

    def to(self, device: torch.device) -> CutPatch:
        """Copy the voxels to a device, to a GPU without waiting for them."""
        alone = device.type == "cuda"
        ct_hu, label_map = (box.voxels.to(device, non_blocking=alone) for box in (self.ct_hu, self.label_map))
        return self._holding(ct_hu, label_map)

    def _holding(self, ct_hu: Tensor, label_map: Tensor) -> CutPatch:
        boxes = replace(self.ct_hu, voxels=ct_hu), replace(self.label_map, voxels=label_map)
        return replace(self, ct_hu=boxes[0], label_map=boxes[1])


class WarpSampler(tio.data.UniformSampler):
    """A TorchIO sampler that cuts from disk: no more than a patch's box, or what its warp reaches.

    Used as TorchIO's own samplers are, it cuts at random places.

    Args:
        patch_size: Voxels along each axis.
        warping: How patches are turned, scaled and mirrored; by default they are cut as they are.
    """

    def __init__(self, patch_size: Sequence[int], warping: Warping = AS_IT_IS) -> None:
        x, y, z = patch_size
        super().__init__((x, y, z))
        self.size = np.array(patch_size)
        self.warping = warping

    def cut(self, subject: tio.Subject, start: NDArray[np.int_], random: np.random.Generator) -> CutPatch:
        """Read what one patch is made from.

        Args:
            subject: Holds `ct` and `label_map`, mapped.
            start: The first voxel of the patch before it is warped about its centre; it may lie outside the CT.
            random: Of this patch.

        Returns:
            The voxels and the warp, not yet carried out.
        """
        ct_hu, label_map = (subject.get_image(name).numpy()[0] for name in ("ct", "label_map"))
        warp = self.warping.draw(random, self.size, subject.get_image("ct").spacing)
        boxes = _reached_boxes if warp.resamples else _plain_boxes
        ct_box, label_box, labels = boxes(ct_hu, label_map, start, self.size, warp)
        return CutPatch(ct_box, label_box, labels, warp, tuple(self.size.tolist()), seed=int(random.integers(2**63)))

    def crop(self, subject: tio.Subject, index_ini: Sequence[int], patch_size: Sequence[int]) -> tio.Subject:
        """Cut one patch as a subject of its own; TorchIO calls this, with its own randomness."""
        random = np.random.default_rng(int(torch.randint(2**63 - 1, ())))
        ct_hu, label_map = self.cut(subject, np.array(index_ini), random).warped()
        affine = subject.get_image("ct").affine.copy()
        affine[:3, 3] += affine[:3, :3] @ index_ini
        return tio.Subject(
            ct=tio.ScalarImage(tensor=ct_hu[None], affine=affine),
            label_map=tio.LabelMap(tensor=label_map[None], affine=affine),
            **{tio.LOCATION: torch.tensor([*index_ini, *np.add(index_ini, patch_size)])},
        )


def cut(volume: NDArray[Any], start: NDArray[np.int_], size: NDArray[np.int_], *, fill: int) -> NDArray[Any]:
    """Copy a box out of a mapped volume, reading no more than the box.

    Args:
        volume: Shape (X, Y, Z).
        start: The box's first voxel; it may lie outside the volume.
        size: Of the box, in voxels.
        fill: What lies outside the volume.

    Returns:
        The box, shape `size`.
    """
    first, stop = np.clip(start, 0, volume.shape), np.clip(start + size, 0, volume.shape)
    box = np.full(tuple(size), fill, volume.dtype)
    box[_spans(first - start, stop - start)] = volume[_spans(first, stop)]
    return box


def _plain_boxes(
    ct_hu: NDArray[np.int16], label_map: NDArray[np.uint8], start: NDArray[np.int_], size: NDArray[np.int_], _: Warp
) -> tuple[Box, Box, frozenset[int]]:
    filled = (ct_hu, AIR_HU), (label_map, Label.BACKGROUND)
    ct_box, label_box = (_box(cut(volume, start, size, fill=fill), -(size - 1) / 2) for volume, fill in filled)
    return ct_box, label_box, frozenset()


def _reached_boxes(
    ct_hu: NDArray[np.int16], label_map: NDArray[np.uint8], start: NDArray[np.int_], size: NDArray[np.int_], warp: Warp
) -> tuple[Box, Box, frozenset[int]]:
    centre = start + (size - 1) / 2
    first, stop = _reached(centre, warp.reach(size), np.array(ct_hu.shape))
    reached = label_map[_spans(first, stop)]
    labelled = bounding_box(reached != Label.BACKGROUND)
    labels = np.flatnonzero(np.bincount(reached[labelled].ravel("K")))
    corner = first + [span.start for span in labelled]
    ct_box = _box(np.array(ct_hu[_spans(first, stop)]), first - centre)
    label_box = _box(np.array(reached[labelled]), corner - centre)
    return ct_box, label_box, frozenset(labels.tolist())


def _reached(
    centre: NDArray[np.float64], reach: NDArray[np.float64], shape: NDArray[np.int_]
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """The voxels between which linear interpolation works; some voxel at the border where that is none."""
    first = np.clip(np.floor(centre - reach), 0, shape - 1).astype(int)
    last = np.clip(np.floor(centre + reach) + 1, first, shape - 1).astype(int)
    return first, last + 1


def _box(voxels: NDArray[Any], offset: NDArray[np.float64]) -> Box:
    return Box(torch.from_numpy(voxels), tuple(offset.tolist()))


def _spans(start: NDArray[np.int_], stop: NDArray[np.int_]) -> tuple[slice, ...]:
    return tuple(slice(a, b) for a, b in zip(start.tolist(), stop.tolist(), strict=True))
