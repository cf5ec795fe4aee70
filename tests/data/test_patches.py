import dataclasses

import numpy as np
import pytest
import torch
import torchio as tio
from monai.transforms import RandGaussianNoised
from torch.utils.data import DataLoader

from kseg.data.augment import Augmentation, compose
from kseg.data.cutting import WarpSampler
from kseg.data.finishing import one_thread
from kseg.data.intensity import RandomContrast, RandomGamma, RandomNoise
from kseg.data.patches import CutDataset, PatchDataset, WholeCaseDataset
from kseg.data.prepared import prepare_cases
from kseg.data.sampler import Draw, GroupSampler
from kseg.data.warp import Mirroring, Rotation, Scaling

AUGMENT = compose(
    rotation=Rotation(0.5, 30),
    scaling=Scaling(0.5, (0.7, 1.4)),
    mirroring=Mirroring(0.5, [0]),
    contrast=RandomContrast(factor=(0.8, 1.2)),
    gamma=RandomGamma(gamma=(0.7, 1.5), inverted=False),
    noise=RandomNoise(std=(0.0, 0.1)),
    monai=tio.MonaiAdapter(RandGaussianNoised(["ct"], prob=0.5, std=0.1)),
)
UNVARIED = Augmentation()


def dataset(prepared, preparation, *, augment=UNVARIED, size=(8, 8, 8), jitter=0.25):
    return PatchDataset(CutDataset(prepared, WarpSampler(size, augment.warping), jitter=jitter), preparation, augment)


def draws(prepared, length=24):
    shares = {"cortex": 1, "medulla": 1, "anywhere": 1}
    groups = [one.case.group for one in prepared]
    return GroupSampler(groups, group_shares="equal", place_shares=shares, length=length, seed=3)


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


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("size", [(8, 8, 8), (48, 40, 36)])
def test_the_same_draws_give_the_same_patches_whoever_cuts_them(prepared, preparation, workers, size):
    # the larger patch is so large that PyTorch would sum it up in several threads, where there are some
    patches = dataset(prepared, preparation, augment=AUGMENT, size=size)
    torch.manual_seed(workers)  # nobody else's random state may matter
    loaded = DataLoader(patches, sampler=draws(prepared), batch_size=2, num_workers=workers)
    with one_thread():
        again = [patches[draw] for draw in draws(prepared)]
    for batch, first, second in zip(loaded, again[::2], again[1::2], strict=True):
        for key in ("ct", "label_map"):
            assert torch.equal(batch[key], torch.stack([first[key], second[key]]))


def test_every_patch_of_an_epoch_is_another_one(prepared, preparation):
    patches = dataset(prepared, preparation, augment=AUGMENT)
    assert len({float(patches[draw]["ct"].double().sum()) for draw in draws(prepared)}) == 24


def test_the_drawn_place_stays_the_centre_of_a_turned_patch(prepared, preparation):
    turned = compose(rotation=Rotation(1, 30))
    plain, warped = (dataset(prepared, preparation, augment=one, size=(9, 9, 9)) for one in (UNVARIED, turned))
    for index in range(10):
        draw = Draw(index % 5, "cortex", (1, 1, 0, index))
        assert warped[draw]["ct"][0, 4, 4, 4] == pytest.approx(float(plain[draw]["ct"][0, 4, 4, 4]), abs=1e-3)


def test_a_whole_case_is_the_prepared_one(prepared, preparation):
    whole = WholeCaseDataset(prepared, preparation)[1]
    assert whole["group"] == "mild"
    assert np.array_equal(whole["label_map"][0], prepared[1].label_map())
