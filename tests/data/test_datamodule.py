import dataclasses
from collections import Counter

import pytest

from kseg.data.datamodule import KidneyDataModule
from kseg.errors import InputError


def module(cases, preparation, root, **settings):
    given = {
        "prepared_root": root,
        "patch_size": [8, 8, 8],
        "patches_per_epoch": 16,
        "batch_size": 2,
        "group_shares": "equal",
        "place_shares": {"cortex": 1, "anywhere": 1},
        "jitter": 0.25,
        "augment": None,
        "workers": 0,
        "seed": 1,
        **settings,
    }
    data = KidneyDataModule(cases, preparation, **given)
    data.prepare_data()
    data.setup("fit")
    return data


def test_training_batches_come_from_train_alone_and_validation_from_val(cases, preparation, tmp_path):
    split = [
        dataclasses.replace(case, split=name)
        for case, name in zip(cases, ("train", "val", "train", "test", "val"), strict=True)
    ]
    data = module(split, preparation, tmp_path / "prepared")
    loader = data.train_dataloader()
    assert [one.case.case_id for one in loader.dataset.cases] == ["P000", "P002"]
    assert len(loader) == 8
    assert next(iter(loader))["ct"].shape == (2, 1, 8, 8, 8)
    assert Counter(batch["group"][0] for batch in data.val_dataloader()) == {"mild": 1, "control": 1}


def test_an_empty_val_is_no_loader(cases, preparation, tmp_path):
    assert module(cases, preparation, tmp_path / "prepared").val_dataloader() == []


def test_test_cases_are_never_opened(cases, preparation, tmp_path):
    held_out = dataclasses.replace(cases[1], split="test")
    held_out.image.unlink()
    module([cases[0], held_out], preparation, tmp_path / "prepared")


def test_a_cohort_without_training_cases_is_told(cases, preparation, tmp_path):
    data = module([dataclasses.replace(case, split="val") for case in cases], preparation, tmp_path / "prepared")
    with pytest.raises(InputError, match="no case to train on"):
        data.train_dataloader()
