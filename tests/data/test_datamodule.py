import dataclasses
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
import torchio as tio

from kseg.data.augment import Augmentation, compose
from kseg.data.datamodule import KidneyDataModule
from kseg.data.intensity import RandomContrast, RandomGamma, RandomNoise
from kseg.data.warp import Mirroring, Rotation, Scaling
from kseg.errors import InputError

VARIED = compose(
    rotation=Rotation(0.5, 30),
    scaling=Scaling(0.5, (0.7, 1.4)),
    mirroring=Mirroring(0.5, [0]),
    noise=RandomNoise(std=(0.0, 0.1), p=0.5),
    contrast=RandomContrast(factor=(0.75, 1.25), p=0.5),
    gamma=RandomGamma(gamma=(0.7, 1.5), inverted=True, p=0.5),
)


def module(cases, preparation, root, **settings):
    given = {
        "prepared_root": root,
        "patch_size": [8, 8, 8],
        "patches_per_epoch": 16,
        "batch_size": 2,
        "group_shares": "equal",
        "place_shares": {"cortex": 1, "anywhere": 1},
        "jitter": 0.25,
        "augment": Augmentation(),
        "augment_on": "auto",
        "workers": 0,
        "seed": 1,
        **settings,
    }
    return KidneyDataModule(cases, preparation, **given)


def set_up(*args, **settings):
    data = module(*args, **settings)
    data.prepare_data()
    data.setup("fit")
    return data


def test_training_batches_come_from_train_alone_and_validation_from_val(cases, preparation, tmp_path):
    split = [
        dataclasses.replace(case, split=name)
        for case, name in zip(cases, ("train", "val", "train", "test", "val"), strict=True)
    ]
    data = set_up(split, preparation, tmp_path / "prepared")
    loader = data.train_dataloader()
    assert {draw.case for draw in data.sampler} == {0, 1}
    assert data.drawn().patients == {"P000": 0, "P002": 0}
    assert len(loader) == 8
    assert next(iter(loader))["ct"].shape == (2, 1, 8, 8, 8)
    assert Counter(batch["group"][0] for batch in data.val_dataloader()) == {"mild": 1, "control": 1}


def test_an_empty_val_is_no_loader(cases, preparation, tmp_path):
    assert set_up(cases, preparation, tmp_path / "prepared").val_dataloader() == []


def test_test_cases_are_never_opened(cases, preparation, tmp_path):
    held_out = dataclasses.replace(cases[1], split="test")
    held_out.image.unlink()
    set_up([cases[0], held_out], preparation, tmp_path / "prepared")


def test_a_cohort_without_training_cases_is_told(cases, preparation, tmp_path):
    data = set_up([dataclasses.replace(case, split="val") for case in cases], preparation, tmp_path / "prepared")
    with pytest.raises(InputError, match="no case to train on"):
        data.train_dataloader()


def test_an_epoch_shorter_than_a_step_is_told(cases, preparation, tmp_path):
    data = set_up(cases, preparation, tmp_path / "prepared", patches_per_epoch=1)
    with pytest.raises(InputError, match="patches_per_epoch is 1; one step alone takes 2"):
        data.train_dataloader()


def test_no_patch_is_drawn_that_no_step_takes(cases, preparation, tmp_path):
    data = set_up(cases, preparation, tmp_path / "prepared", patches_per_epoch=19, batch_size=4)
    assert len(list(data.train_dataloader())) * 4 == len(data.train_dataloader().sampler) == 16


@pytest.mark.parametrize("workers", [0, 2])
def test_a_device_finishes_patches_as_workers_do(cases, preparation, tmp_path, workers):
    by = {
        place: set_up(cases, preparation, tmp_path, augment=VARIED, augment_on=place, workers=number)
        for place, number in (("workers", 0), ("device", workers))
    }
    batches = zip(*(data.train_dataloader() for data in by.values()), strict=True)
    for finished, cut in batches:
        there = by["device"].on_after_batch_transfer(cut.to(torch.device("cpu")), 0)
        assert torch.allclose(there["ct"], finished["ct"], atol=1e-5)
        assert torch.equal(there["label_map"], finished["label_map"])
        assert there["group"] == finished["group"]
        assert by["workers"].on_after_batch_transfer(finished, 0) is finished
    by["device"].train_loader = None  # left to the garbage collector, its workers are waited for


def test_without_a_gpu_the_workers_finish_patches(cases, preparation, tmp_path):
    batch = next(iter(set_up(cases, preparation, tmp_path).train_dataloader()))
    assert set(batch) == {"ct", "label_map", "group"}


def test_a_patch_bears_its_patients_group(cases, preparation, tmp_path):
    data = set_up(cases, preparation, tmp_path)
    groups = Counter(group for batch in data.train_dataloader() for group in batch["group"])
    assert groups == {"control": 4, "mild": 4, "moderate": 4, "severe": 4}


@pytest.mark.parametrize(("others", "kind"), [({}, "CutBatch"), ({"spike": tio.RandomSpike()}, "dict")])
def test_a_gpu_finishes_patches_unless_other_libraries_take_part(cases, preparation, tmp_path, others, kind):
    data = set_up(cases, preparation, tmp_path, augment=compose(noise=RandomNoise(std=(0, 0.1)), **others))
    gpu = SimpleNamespace(root_device=torch.device("cuda"))
    progress = SimpleNamespace(batch_progress=SimpleNamespace(total=SimpleNamespace(processed=0)))
    fit_loop = SimpleNamespace(epoch_loop=progress)
    data.trainer = SimpleNamespace(strategy=gpu, global_rank=0, world_size=1, fit_loop=fit_loop)
    assert type(next(iter(data.train_dataloader()))).__name__ == kind


def test_a_place_that_nobody_knows_is_told(cases, preparation, tmp_path):
    with pytest.raises(InputError, match=r"patches\.place_shares has kidney; known are"):
        module(cases, preparation, tmp_path, place_shares={"kidney": 1, "cortex": 1})


def test_transforms_of_other_libraries_are_not_sent_to_a_device(cases, preparation, tmp_path):
    other = compose(spike=tio.RandomSpike(), noise=RandomNoise(std=(0, 0.1)))
    with pytest.raises(InputError, match=r"augment\.spike cannot work; set patches\.augment_on=workers"):
        module(cases, preparation, tmp_path, augment=other, augment_on="device")
    with pytest.raises(InputError, match="'gpu'; it must be auto, workers or device"):
        module(cases, preparation, tmp_path, augment_on="gpu")
