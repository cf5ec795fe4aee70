"""How does TorchIO turn, scale and mirror a whole subject, where `kseg.data.warp` does so to a patch?"""

from __future__ import annotations

from collections.abc import Sequence

import torchio as tio

from kseg.data.subject import AIR
from kseg.data.warp import Mirroring, Rotation, Scaling, Warping, thin_axis


def torchio_warping(warping: Warping, patch_size: Sequence[int]) -> tuple[tio.Transform, ...]:
    """Put TorchIO's transforms in the place of a warping, at the same rates and within the same bounds.

    They turn and scale about the subject's centre, in millimetres, one after the other. CTs are interpolated linearly,
    labels by the nearest voxel; what comes from outside is air and background.

    Args:
        warping: What is to be done.
        patch_size: Of the patches that are cut afterwards; a flat one is varied within its slices alone.

    Returns:
        The transforms, in their order. They change the subject that they are given.
    """
    flat_axis = thin_axis(patch_size)
    scaling = [_scaling(warping.scaling, flat_axis)] if warping.scaling else []
    rotation = [_rotation(warping.rotation, flat_axis)] if warping.rotation else []
    mirroring = [_mirroring(warping.mirroring)] if warping.mirroring and warping.mirroring.axes else []
    return (*rotation, *scaling, *mirroring)


def _rotation(rotation: Rotation, flat_axis: int | None) -> tio.Transform:
    x, y, z = (rotation.largest(flat_axis) if flat_axis in (None, axis) else 0.0 for axis in range(3))
    return tio.RandomAffine(
        scales=(1, 1), degrees=(-x, x, -y, y, -z, z), default_pad_value=AIR, p=rotation.p, copy=False
    )


def _scaling(scaling: Scaling, flat_axis: int | None) -> tio.Transform:
    """TorchIO's scale is that of what is shown, the inverse of ours; it is drawn anew for each axis of a slice."""
    smallest, largest = 1 / scaling.factors[1], 1 / scaling.factors[0]
    if flat_axis is None:
        return tio.RandomAffine(
            scales=(smallest, largest), isotropic=True, degrees=0, default_pad_value=AIR, p=scaling.p, copy=False
        )
    (a, b), (c, d), (e, f) = ((1.0, 1.0) if axis == flat_axis else (smallest, largest) for axis in range(3))
    return tio.RandomAffine(scales=(a, b, c, d, e, f), degrees=0, default_pad_value=AIR, p=scaling.p, copy=False)


def _mirroring(mirroring: Mirroring) -> tio.Transform:
    return tio.RandomFlip(axes=tuple(mirroring.axes), flip_probability=mirroring.p, copy=False)
