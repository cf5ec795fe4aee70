"""How does TorchIO see a prepared case?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torchio as tio
from torch.nn.functional import pad

from kseg.data.preparation import Preparation
from kseg.data.prepared import PreparedCase, map_volume
from kseg.errors import InputError
from kseg.labels import Label

AIR = -1.0
"""What is darkest once it is normalised."""


class MappedImage(tio.Image):
    """An image of TorchIO's that is mapped where TorchIO would read it whole."""

    def load(self) -> None:
        """Map the file; TorchIO calls this when voxels are asked for."""
        if not self._loaded:
            volume = map_volume(Path(str(self.path)))
            self.set_data(torch.from_numpy(volume.voxels)[None])
            self.affine = volume.grid.affine


class MappedCT(MappedImage, tio.ScalarImage):
    """A prepared CT in HU (int16)."""


class MappedLabels(MappedImage, tio.LabelMap):
    """A prepared label map (uint8)."""


def mapped_subject(case: PreparedCase) -> tio.Subject:
    """Show a prepared case to TorchIO.

    Args:
        case: The prepared case.

    Returns:
        A subject with `ct` and `label_map`, which are mapped when they are loaded. TorchIO's transforms copy what they
        are given, mapped or not, unless they are made with `copy=False`.

    Raises:
        InputError: A file is gone.
    """
    for name in ("ct.nii", "label_map.nii"):
        if not (case.folder / name).is_file():  # TorchIO would tell it in its own way
            raise InputError(f"{case.folder / name}: is gone; start again, and it is prepared anew")
    ct, label_map = MappedCT(case.folder / "ct.nii"), MappedLabels(case.folder / "label_map.nii")  # type: ignore[no-untyped-call]
    return tio.Subject(ct=ct, label_map=label_map)


def normalised_subject(mapped: tio.Subject, preparation: Preparation, at_least: Sequence[int]) -> tio.Subject:
    """Read a subject whole, as a network sees it.

    Args:
        mapped: What `mapped_subject` shows, loaded or not.
        preparation: Whose window normalises the CT.
        at_least: Voxels along each axis; where there are fewer, the far end is filled up with air and background.

    Returns:
        A subject of its own: `ct` (float32 in [-1, 1]) and `label_map` (uint8).
    """
    lacking = [max(0, least - there) for least, there in zip(at_least, mapped.spatial_shape, strict=True)]
    margins = [voxels for length in reversed(lacking) for voxels in (0, length)]
    ct, label_map = (mapped.get_image(name) for name in ("ct", "label_map"))
    return tio.Subject(
        ct=tio.ScalarImage(tensor=pad(preparation.normalize(ct.data), margins, value=AIR), affine=ct.affine),
        label_map=tio.LabelMap(tensor=pad(label_map.data, margins, value=Label.BACKGROUND), affine=label_map.affine),
    )
