"""How does TorchIO see a prepared case?"""

from __future__ import annotations

from pathlib import Path

import torch
import torchio as tio

from kseg.data.prepared import PreparedCase, map_volume


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
    """
    ct, label_map = MappedCT(case.folder / "ct.nii"), MappedLabels(case.folder / "label_map.nii")  # type: ignore[no-untyped-call]
    return tio.Subject(ct=ct, label_map=label_map)
