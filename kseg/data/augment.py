"""What is varied from patch to patch, as TorchIO transforms."""

from __future__ import annotations

import torchio as tio
from torchio.transforms.augmentation.random_transform import RandomTransform
from torchio.transforms.intensity_transform import IntensityTransform


def compose(**transforms: tio.Transform | None) -> tio.Compose | None:
    """Chain named transforms, so that one can be added, changed or switched off (null) on the command line.

    Args:
        transforms: TorchIO transforms by any name, applied in this order.

    Returns:
        The chain; None if every transform is switched off.
    """
    chosen = [transform for transform in transforms.values() if transform is not None]
    return tio.Compose(chosen, copy=False) if chosen else None


class RandomContrast(RandomTransform, IntensityTransform):
    """Stretch and shift intensities, as other scanners and other timings of the contrast medium do.

    Args:
        contrast: Range of the factor.
        brightness: Range of what is added afterwards, in units of the normalised CT.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, contrast: tuple[float, float], brightness: tuple[float, float], **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.contrast = contrast
        self.brightness = brightness

    def apply_transform(self, subject: tio.Subject) -> tio.Subject:
        """Vary every scalar image of the subject alike."""
        factor, added = self.sample_uniform(*self.contrast), self.sample_uniform(*self.brightness)
        for image in self.get_images(subject):
            image.set_data(image.data * factor + added)
        return subject
