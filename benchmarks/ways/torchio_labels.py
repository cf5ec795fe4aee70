"""How can TorchIO resample labels other than by the nearest one?"""

from __future__ import annotations

import torch
import torchio as tio

from kseg.labels import Label

PARENCHYMA, CORTEX = "parenchyma", "cortex"


def by_structure(*transforms: tio.Transform, p: float = 1) -> tio.Transform:
    """Let spatial transforms see a mask of each structure, as floats, in place of the label map.

    TorchIO's own `label_gaussian` takes several times as long, as does one image whose channels are the masks.

    Args:
        transforms: With `label_interpolation="linear"`.
        p: The share of subjects that are transformed; the others are left as they are.
    """
    return tio.Compose([MasksOfStructures(), *transforms, LabelMapOfMasks()], p=p)


class MasksOfStructures(tio.SpatialTransform):
    """Put a mask of the parenchyma and one of the cortex in the place of `label_map`."""

    def apply_transform(self, subject: tio.Subject) -> tio.Subject:
        """Take the label map apart."""
        label_map = subject["label_map"]
        for name, mask in ((PARENCHYMA, label_map.data > 0), (CORTEX, label_map.data == int(Label.CORTEX))):
            subject.add_image(tio.LabelMap(tensor=mask.float(), affine=label_map.affine), name)
        subject.remove_image("label_map")
        return subject


class LabelMapOfMasks(tio.SpatialTransform):
    """Make a label map of the two masks: a voxel belongs to a structure that covers half of it or more."""

    def apply_transform(self, subject: tio.Subject) -> tio.Subject:
        """Join the masks."""
        parenchyma, cortex = (subject[name].data >= 0.5 for name in (PARENCHYMA, CORTEX))
        labels = torch.where(cortex, int(Label.CORTEX), int(Label.MEDULLA)).to(torch.uint8) * parenchyma
        subject.add_image(tio.LabelMap(tensor=labels, affine=subject[PARENCHYMA].affine), "label_map")
        for name in (PARENCHYMA, CORTEX):
            subject.remove_image(name)
        return subject
