"""How does the same kidney look on another scanner?

nnU-Net's changes of intensity (Isensee et al., Nat Methods 2021;18:203-211), as TorchIO transforms. nnU-Net's CTs are
z-scores, kseg's lie in [-1, 1], the middle of the window at 0: each transform ends inside it, as every normalised CT
does. Contrast and gamma are measured against the patch itself, so that they are the same in any unit; brightness
multiplies about the window's middle instead of the kidneys' mean; noise is given in the window's unit. All work on any
device, and wait for none.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import torch
import torchio as tio
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchio.transforms.augmentation.random_transform import RandomTransform
from torchio.transforms.intensity_transform import IntensityTransform

from kseg.data.warp import thin_axis

KERNEL_STDS = 3
"""How far a Gaussian kernel reaches; what lies farther out weighs .003."""

LEAST = 1e-7
"""What a range or a standard deviation is taken for where it is zero."""


class WindowedTransform(RandomTransform, IntensityTransform):
    """A change of intensity that ends inside the window.

    Args:
        **kwargs: See `torchio.Transform`; `p` is the share of patches that are changed.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]

    @abstractmethod
    def vary(self, ct: Tensor) -> Tensor:
        """Change a normalised CT, shape (C, X, Y, Z), on its own device; what is given may be overwritten."""

    def apply_transform(self, subject: tio.Subject) -> tio.Subject:
        """Change every scalar image of the subject; TorchIO calls this."""
        for image in self.get_images(subject):
            image.set_data(self.vary(image.data).clamp_(-1, 1))
        return subject


class RandomNoise(WindowedTransform):
    """Add white Gaussian noise.

    Args:
        std: Smallest and largest standard deviation.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, std: tuple[float, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.std = std

    def vary(self, ct: Tensor) -> Tensor:
        """Add noise of one standard deviation."""
        return ct.add_(torch.randn_like(ct), alpha=self.sample_uniform(*self.std))


class RandomBlur(WindowedTransform):
    """Smooth with a Gaussian, along each axis as far as is drawn for it.

    Args:
        std_voxels: Smallest and largest standard deviation.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, std_voxels: tuple[float, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.std_voxels = std_voxels

    def vary(self, ct: Tensor) -> Tensor:
        """Smooth along one axis after the other."""
        for axis in (1, 2, 3):
            ct = _smooth(ct, axis, self.sample_uniform(*self.std_voxels))
        return ct


class RandomBrightness(WindowedTransform):
    """Multiply: what lies in the window's middle stays.

    Args:
        factor: Smallest and largest.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, factor: tuple[float, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def vary(self, ct: Tensor) -> Tensor:
        """Multiply by one factor."""
        return ct.mul_(_factor_about_one(*self.factor))


class RandomContrast(WindowedTransform):
    """Stretch about the patch's mean, within the patch's own range.

    Args:
        factor: Smallest and largest.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, factor: tuple[float, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def vary(self, ct: Tensor) -> Tensor:
        """Stretch by one factor."""
        mean, (low, high) = ct.mean(), torch.aminmax(ct)
        return ct.sub_(mean).mul_(_factor_about_one(*self.factor)).add_(mean).clamp_(low, high)


class RandomLowResolution(WindowedTransform):
    """Show the patch as if it had been scanned with larger voxels: every so many are kept, and joined linearly.

    Args:
        zoom: Smallest and largest share of voxels that are kept along each axis; across thin slices, all are.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, zoom: tuple[float, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zoom = zoom

    def vary(self, ct: Tensor) -> Tensor:
        """Go to fewer voxels and back."""
        shape = ct.shape[1:]
        zoom, thin = self.sample_uniform(*self.zoom), thin_axis(shape)
        fewer = [length if axis == thin else max(1, round(length * zoom)) for axis, length in enumerate(shape)]
        return interpolate(interpolate(ct[None], fewer, mode="nearest-exact"), shape, mode="trilinear")[0]


class RandomGamma(WindowedTransform):
    """Raise to a power between the patch's darkest and brightest voxel; mean and standard deviation stay.

    Args:
        gamma: Smallest and largest exponent; half of those drawn are below 1.
        inverted: Whether the patch is raised as its negative, so that bright voxels are told apart, not dark ones.
        **kwargs: See `torchio.Transform`.
    """

    def __init__(self, gamma: tuple[float, float], *, inverted: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gamma = gamma
        self.inverted = inverted

    def vary(self, ct: Tensor) -> Tensor:
        """Raise to one power."""
        mean, std = ct.mean(), ct.std()
        darkest, brightest = torch.aminmax(ct)
        share = (brightest - ct if self.inverted else ct - darkest).div_((brightest - darkest).clamp_min(LEAST))
        share.clamp_min_(LEAST)  # the logarithm of 0 takes six times as long as any other
        raised = share.log_().mul_(_factor_about_one(*self.gamma)).exp_()  # a power, in half the time of pow_
        slope = std / raised.std().clamp_min(LEAST) * (-1 if self.inverted else 1)
        return raised.sub_(raised.mean()).mul_(slope).add_(mean)


def _factor_about_one(low: float, high: float) -> float:
    """Draw a factor; where the range spans 1, half of the time below it and half of the time above, as nnU-Net does."""
    if low < 1 < high:
        low, high = (low, 1) if RandomTransform.sample_uniform(0, 1) < 0.5 else (1, high)
    return RandomTransform.sample_uniform(low, high)


def _smooth(ct: Tensor, axis: int, std_voxels: float) -> Tensor:
    """A sum of shifted copies: in a tenth of the time of a convolution whose kernel is as thin."""
    radius, length = math.ceil(KERNEL_STDS * std_voxels), ct.shape[axis]
    radius = min(radius, length - 1)
    weights = [math.exp(-0.5 * (step / std_voxels) ** 2) for step in range(-radius, radius + 1)]
    margin = [radius if side // 2 == 3 - axis else 0 for side in range(6)]
    padded = pad(ct[None], margin, mode="reflect")[0]
    smoothed = torch.zeros_like(ct)
    for step, weight in enumerate(weights):
        smoothed.add_(padded.narrow(axis, step, length), alpha=weight / sum(weights))
    return smoothed
