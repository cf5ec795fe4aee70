import dataclasses

import numpy as np
import pytest
import torch
import torchio as tio
from torch.utils.data import DataLoader

from kseg.data.augment import RandomContrast, compose
from kseg.data.patches import PatchDataset, WholeCaseDataset, cut
from kseg.data.prepared import prepare_cases
from kseg.data.sampler import Draw, GroupSampler

AUGMENT = compose(
    flip=tio.RandomFlip(axes=[0]),
    contrast=RandomContrast(contrast=(0.8, 1.2), brightness=(-0.1, 0.1)),
    noise=tio.RandomNoise(std=(0.0, 0.1)),
)


def dataset(prepared, preparation, *, augment=None, size=(8, 8, 8), jitter=0.25):
    return PatchDataset(prepared, preparation, size=size, jitter=jitter, augment=augment)


def draws(prepared, length=24):
    shares = {"cortex": 1, "medulla": 1, "anywhere": 1}
    groups = [one.case.group for one in prepared]
    return GroupSampler(groups, group_shares="equal", place_shares=shares, length=length, seed=3)


def test_a_box_is_cut_and_what_lies_outside_is_filled():
    volume = np.arange(4 * 4 * 4).reshape(4, 4, 4)
    patch = cut(volume, np.array([2, 0, 3]), np.array([3, 4, 2]), fill=-1)
    assert patch.shape == (3, 4, 2)
    assert np.array_equal(patch[:2, :, :1], volume[2:, :, 3:])
    assert (patch[2:] == -1).all()
    assert (patch[:, :, 1:] == -1).all()


def test_a_patch_is_the_normalised_ct_and_its_labels(prepared, preparation):
    patch = dataset(prepared, preparation)[Draw(0, "medulla", (1, 1, 0, 0))]
    assert patch["ct"].shape == patch["label_map"].shape == (1, 8, 8, 8)
    assert patch["ct"].dtype == torch.float32
    assert patch["label_map"].dtype == torch.uint8
    kidney = patch["ct"][patch["label_map"] > 0]
    assert kidney.mean() == pytest.approx((200 - 100) / 300, abs=0.05)  # drawn at 200 HU; window -200 to 400


@pytest.mark.parametrize(("place", "label"), [("medulla", 1), ("cortex", 2)])
def test_a_patch_without_jitter_is_centred_on_its_place(prepared, preparation, place, label):
    patches = dataset(prepared, preparation, jitter=0.0)
    for index in range(20):
        patch = patches[Draw(index % 5, place, (1, 1, 0, index))]
        assert patch["label_map"][0, 4, 4, 4] == label


def test_undivided_parenchyma_is_drawn_where_cortex_is_asked_for(cases, preparation, tmp_path):
    whole = dataclasses.replace(cases[0], cortex=None)
    prepared = prepare_cases([whole], preparation, tmp_path / "prepared")
    patches = dataset(prepared, preparation, size=(1, 1, 1), jitter=0)
    drawn = [int(patches[Draw(0, "cortex", (1, 1, 0, index))]["label_map"]) for index in range(50)]
    assert drawn == [3] * 50


def test_a_ct_smaller_than_a_patch_is_filled_up_with_air(prepared, preparation):
    patch = dataset(prepared, preparation, size=(32, 32, 32))[Draw(0, "anywhere", (1, 1, 0, 0))]
    assert patch["ct"].shape == (1, 32, 32, 32)
    assert (patch["ct"][0, 24:] == -1).all()


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_draws_give_the_same_patches_whoever_cuts_them(prepared, preparation, workers):
    patches = dataset(prepared, preparation, augment=AUGMENT)
    torch.manual_seed(workers)  # nobody else's random state may matter
    loaded = DataLoader(patches, sampler=draws(prepared), batch_size=2, num_workers=workers)
    again = [patches[draw] for draw in draws(prepared)]
    for batch, first, second in zip(loaded, again[::2], again[1::2], strict=True):
        for key in ("ct", "label_map"):
            assert torch.equal(batch[key], torch.stack([first[key], second[key]]))


def test_augmentation_leaves_torchs_own_random_state_alone(prepared, preparation):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    dataset(prepared, preparation, augment=AUGMENT)[Draw(0, "cortex", (1, 1, 0, 0))]
    assert torch.equal(torch.rand(3), expected)


def test_augmentation_flips_image_and_labels_together(prepared, preparation):
    flipped = compose(flip=tio.RandomFlip(axes=[0], flip_probability=1))
    draw = Draw(2, "cortex", (5, 1, 0, 0))
    plain, turned = (dataset(prepared, preparation, augment=augment)[draw] for augment in (None, flipped))
    assert torch.equal(turned["ct"], plain["ct"].flip(1))
    assert torch.equal(turned["label_map"], plain["label_map"].flip(1))


def test_contrast_stretches_the_image_and_leaves_labels_alone(prepared, preparation):
    doubled = compose(contrast=RandomContrast(contrast=(2.0, 2.0), brightness=(0.5, 0.5)))
    draw = Draw(1, "cortex", (5, 1, 0, 0))
    plain, stretched = (dataset(prepared, preparation, augment=augment)[draw] for augment in (None, doubled))
    assert torch.allclose(stretched["ct"], plain["ct"] * 2 + 0.5)
    assert torch.equal(stretched["label_map"], plain["label_map"])


def test_every_transform_switched_off_is_no_augmentation():
    assert compose(flip=None, noise=None) is None


def test_a_whole_case_is_the_prepared_one(prepared, preparation):
    whole = WholeCaseDataset(prepared, preparation)[1]
    assert whole["group"] == "mild"
    assert np.array_equal(whole["label_map"][0], prepared[1].label_map())
