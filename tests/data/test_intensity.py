import numpy as np
import pytest
import torch
import torchio as tio
from monai.transforms import AdjustContrast, ScaleIntensityFixedMean
from scipy.ndimage import gaussian_filter1d

from kseg.data.intensity import (
    RandomBlur,
    RandomBrightness,
    RandomContrast,
    RandomGamma,
    RandomLowResolution,
    RandomNoise,
)

ALL = (
    RandomNoise(std=(0.5, 1.0)),
    RandomBlur(std_voxels=(0.5, 1.0)),
    RandomBrightness(factor=(0.75, 1.25)),
    RandomContrast(factor=(0.75, 1.25)),
    RandomLowResolution(zoom=(0.5, 1.0)),
    RandomGamma(gamma=(0.7, 1.5), inverted=False),
    RandomGamma(gamma=(0.7, 1.5), inverted=True),
)


def ct(seed=0, shape=(1, 12, 10, 8)):
    return torch.from_numpy(np.random.default_rng(seed).uniform(-0.6, 0.6, shape).astype(np.float32))


def subject(tensor):
    labels = (tensor > 0).to(torch.uint8)
    return tio.Subject(ct=tio.ScalarImage(tensor=tensor.clone()), label_map=tio.LabelMap(tensor=labels))


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("gamma", [0.7, 1.5])
def test_gamma_is_that_of_monai_which_follows_nnu_net(gamma, inverted):
    expected = AdjustContrast(gamma, invert_image=inverted, retain_stats=True)(ct())
    varied = RandomGamma(gamma=(gamma, gamma), inverted=inverted).vary(ct())
    assert torch.allclose(varied, torch.as_tensor(np.asarray(expected)), atol=1e-4)


@pytest.mark.parametrize("factor", [0.75, 1.25])
def test_contrast_is_that_of_monai_about_the_mean_within_the_range(factor):
    expected = ScaleIntensityFixedMean(factor=factor - 1, preserve_range=True, fixed_mean=True)(ct())
    varied = RandomContrast(factor=(factor, factor)).vary(ct())
    assert torch.allclose(varied, torch.as_tensor(np.asarray(expected)), atol=1e-5)


def test_blur_is_scipys_gaussian():
    expected = ct()[0].double().numpy()
    for axis in range(3):
        expected = gaussian_filter1d(expected, 0.9, axis, mode="mirror", radius=3)
    assert np.allclose(RandomBlur(std_voxels=(0.9, 0.9)).vary(ct())[0], expected, atol=1e-5)


def test_each_axis_is_blurred_as_far_as_is_drawn_for_it():
    point = torch.zeros(1, 9, 9, 9)
    point[0, 4, 4, 4] = 1
    blurred = RandomBlur(std_voxels=(0.5, 1.0)).vary(point)[0]
    assert len({float(blurred[5, 4, 4]), float(blurred[4, 5, 4]), float(blurred[4, 4, 5])}) == 3
    assert float(blurred.sum()) == pytest.approx(1)


def test_low_resolution_keeps_every_second_voxel_and_joins_them():
    # by hand: of 0 to 7, the middles of the four halves are nearest to 1, 3, 5 and 7
    ramp = (torch.arange(8.0) / 10).expand(1, 8, 8, 8)
    varied = RandomLowResolution(zoom=(0.5, 0.5)).vary(ramp)
    assert torch.allclose(varied[0, 3, 4] * 10, torch.tensor([1, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7]))


def test_thin_slices_keep_their_resolution():
    noise = ct(shape=(1, 16, 14, 4))
    lowered = RandomLowResolution(zoom=(0.5, 0.5)).vary(noise.clone())
    slice_by_slice = [
        RandomLowResolution(zoom=(0.5, 0.5)).vary(noise[..., [z] * 4].clone())[..., 0] for z in range(noise.shape[-1])
    ]
    assert torch.allclose(lowered, torch.stack(slice_by_slice, -1))


def test_noise_is_white_and_as_strong_as_is_drawn():
    flat = torch.zeros(1, 40, 40, 40)
    noise = RandomNoise(std=(0.02, 0.02)).vary(flat)
    assert float(noise.std()) == pytest.approx(0.02, rel=0.02)
    assert abs(float(noise.mean())) < 4 * 0.02 / np.sqrt(noise.numel())
    neighbours = np.corrcoef(noise[0, 1:].ravel(), noise[0, :-1].ravel())[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(noise.numel())


def test_brightness_multiplies_about_the_windows_middle():
    assert torch.allclose(RandomBrightness(factor=(1.25, 1.25)).vary(ct()), ct() * 1.25)


@pytest.mark.parametrize("transform", ALL, ids=lambda transform: transform.name)
def test_whatever_is_done_a_ct_stays_in_its_window_and_labels_stay(transform):
    edge = ct() * 1.6
    varied = transform(subject(edge.clamp(-1, 1)))
    assert varied["ct"].data.abs().max() <= 1
    assert not torch.equal(varied["ct"].data, edge.clamp(-1, 1))
    assert torch.equal(varied["label_map"].data, (edge > 0).to(torch.uint8))


@pytest.mark.parametrize("transform", ALL[1:], ids=lambda transform: transform.name)
@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_a_patch_of_air_alone_stays_one(transform, value):
    varied = transform(subject(torch.full((1, 6, 6, 6), value)))["ct"].data
    assert torch.allclose(varied, varied.mean())
    assert torch.isfinite(varied).all()


def test_a_given_subject_is_left_as_it_was():
    given = subject(ct())
    for transform in ALL:
        transform(given)
    assert torch.equal(given["ct"].data, ct())


def test_half_of_the_exponents_are_below_one():
    torch.manual_seed(0)
    below = [float(RandomGamma(gamma=(0.7, 1.5), inverted=False).vary(ct())[0, 0, 0, 0]) for _ in range(400)]
    plain = float(ct()[0, 0, 0, 0])
    share = np.mean([value > plain for value in below])
    assert min(share, 1 - share) == pytest.approx(0.5, abs=0.1)
