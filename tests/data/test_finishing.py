import numpy as np
import pytest
import torch
import torchio as tio
from monai.transforms import RandFlipd, RandGaussianNoised
from torch.fx.experimental import _config as without_values

from kseg.data.augment import compose
from kseg.data.cutting import WarpSampler
from kseg.data.finishing import CutBatch, finish, finish_batch, one_thread
from kseg.data.intensity import (
    RandomBlur,
    RandomBrightness,
    RandomContrast,
    RandomGamma,
    RandomLowResolution,
    RandomNoise,
)
from kseg.data.subject import mapped_subject
from kseg.data.warp import Mirroring, Rotation, Scaling

EVERYTHING = compose(
    rotation=Rotation(0.5, 30),
    scaling=Scaling(0.5, (0.7, 1.4)),
    mirroring=Mirroring(0.5, [0]),
    noise=RandomNoise(std=(0.0, 0.1), p=0.5),
    contrast=RandomContrast(factor=(0.75, 1.25), p=0.5),
    gamma=tio.RandomGamma(p=0.5),
    flip=tio.MonaiAdapter(RandFlipd(["ct", "label_map"], prob=0.5, spatial_axis=1)),
    one_of=tio.OneOf([tio.MonaiAdapter(RandGaussianNoised(["ct"], prob=1, std=0.1)), tio.RandomNoise()]),
)
OF_INTENSITY = compose(
    noise=RandomNoise(std=(0.0, 0.1)),
    blur=RandomBlur(std_voxels=(0.5, 1.0)),
    brightness=RandomBrightness(factor=(0.75, 1.25)),
    contrast=RandomContrast(factor=(0.75, 1.25)),
    low_resolution=RandomLowResolution(zoom=(0.5, 1.0)),
    gamma=RandomGamma(gamma=(0.7, 1.5), inverted=True),
)


def cuts(prepared, augment, count=6):
    subject = mapped_subject(prepared[0])
    subject.load()
    sampler = WarpSampler((10, 8, 6), augment.warping)
    return [sampler.cut(subject, np.array([4, 4, 4]), np.random.default_rng(seed)) for seed in range(count)]


def test_the_same_seed_gives_the_same_patch_whatever_was_drawn_before(prepared, preparation):
    first = [finish(cut, preparation, EVERYTHING) for cut in cuts(prepared, EVERYTHING)]
    torch.manual_seed(5)
    np.random.seed(5)
    again = [finish(cut, preparation, EVERYTHING) for cut in reversed(cuts(prepared, EVERYTHING))]
    for one, two in zip(first, reversed(again), strict=True):
        assert torch.equal(one["ct"], two["ct"])
        assert torch.equal(one["label_map"], two["label_map"])
    assert len({float(patch["ct"].sum()) for patch in first}) == len(first)


def test_nobody_elses_random_state_is_touched(prepared, preparation):
    torch.manual_seed(0)
    np.random.seed(0)
    expected = torch.rand(3), np.random.random(3)
    torch.manual_seed(0)
    np.random.seed(0)
    finish(cuts(prepared, EVERYTHING)[0], preparation, EVERYTHING)
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.random(3), expected[1])


def test_a_batch_is_its_patches_finished_one_by_one(prepared, preparation):
    cut_patches = cuts(prepared, EVERYTHING)
    batch = finish_batch(CutBatch(cut_patches), preparation, EVERYTHING)
    assert batch["ct"].shape == batch["label_map"].shape == (6, 1, 10, 8, 6)
    assert batch["ct"].dtype == torch.float32
    assert batch["label_map"].dtype == torch.uint8
    for index, cut in enumerate(cut_patches):
        patch = finish(cut, preparation, EVERYTHING)
        assert torch.equal(batch["ct"][index], patch["ct"])
        assert torch.equal(batch["label_map"][index], patch["label_map"])


@pytest.mark.parametrize("resampled", [0, 1])
def test_a_cut_patch_is_finished_where_it_is_moved_to(prepared, preparation, resampled):
    # tensors without memory stand for those of a GPU: whatever was left on the CPU does not go together with them
    with without_values.patch(meta_nonzero_assume_all_nonzero=True):
        (cut,) = cuts(prepared, compose(rotation=Rotation(resampled, 30)), count=1)
        batch = finish_batch(CutBatch([cut]).to(torch.device("meta"), non_blocking=True), preparation, OF_INTENSITY)
        assert batch["ct"].device.type == batch["label_map"].device.type == "meta"
        assert batch["ct"].shape == batch["label_map"].shape == (1, 1, 10, 8, 6)


def test_one_thread_is_one_and_the_others_come_back():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)
