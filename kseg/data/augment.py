"""What is varied from patch to patch?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torchio as tio

from kseg.data.intensity import WindowedTransform
from kseg.data.warp import AS_IT_IS, Mirroring, Rotation, Scaling, Warping
from kseg.errors import InputError


@dataclass(frozen=True)
class Augmentation:
    """How patches are varied; by default, not at all.

    Args:
        warping: What is done in one resampling, where a patch is cut.
        transforms: What is done to the normalised patch afterwards, in this order, by name.
    """

    warping: Warping = AS_IT_IS
    transforms: tuple[tuple[str, tio.Transform], ...] = ()

    @property
    def bound_to_workers(self) -> tuple[str, ...]:
        """The names of transforms that cannot work on a GPU: all but kseg's own, whose libraries do not promise it."""
        return tuple(name for name, transform in self.transforms if not isinstance(transform, WindowedTransform))


def compose(
    rotation: Rotation | None = None,
    scaling: Scaling | None = None,
    mirroring: Mirroring | None = None,
    **transforms: tio.Transform | None,
) -> Augmentation:
    """Chain named transforms, so that one can be added, changed or switched off (null) on the command line.

    Args:
        rotation: How patches are turned.
        scaling: How patches are scaled.
        mirroring: How patches are mirrored.
        transforms: TorchIO transforms by any other name, applied in this order.

    Returns:
        The augmentation, without what is switched off.

    Raises:
        InputError: Something is no TorchIO transform.
    """
    chosen = {name: transform for name, transform in transforms.items() if transform is not None}
    problems = [_misplaced(name, other) for name, other in chosen.items() if not isinstance(other, tio.Transform)]
    if problems:
        raise InputError(problems)
    for transform in chosen.values():
        transform.copy = False  # a patch belongs to nobody else
    return Augmentation(Warping(rotation, scaling, mirroring), tuple(chosen.items()))


def _misplaced(name: str, other: Any) -> str:
    return (
        f"augment.{name} is a {type(other).__name__}, not a TorchIO transform; give MONAI's through "
        "torchio.MonaiAdapter, and kseg's Rotation, Scaling and Mirroring under rotation, scaling and mirroring"
    )
