import dataclasses
from collections import Counter
from functools import partial

import pytest
import torch
import torchio as tio
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from kseg.callbacks.drawn_shares import DrawnShares
from kseg.data.augment import compose
from kseg.data.intensity import RandomNoise
from kseg.data.queue_datamodule import QueueDataModule
from kseg.data.warp import Mirroring, Rotation
from kseg.errors import InputError

BY_LABEL = partial(tio.LabelSampler, label_name="label_map", label_probabilities={0: 1, 1: 1, 2: 1, 3: 2})
NOISY = compose(noise=RandomNoise(std=(0.1, 0.1)))  # so that no two patches of a small case are the same


def module(cases, preparation, root, **settings):
    given = {
        "prepared_root": root,
        "patch_size": [8, 8, 8],
        "sampler": BY_LABEL,
        "samples_per_volume": 3,
        "volumes_in_queue": 2,
        "patches_per_epoch": 24,
        "batch_size": 2,
        "group_shares": "equal",
        "augment": NOISY,
        "workers": 0,
        "seed": 1,
        **settings,
    }
    return QueueDataModule(cases, preparation, **given)


def set_up(*args, **settings):
    data = module(*args, **settings)
    data.prepare_data()
    data.setup("fit")
    return data


def test_batches_are_those_of_the_other_way(cases, preparation, tmp_path):
    split = [
        dataclasses.replace(case, split=name)
        for case, name in zip(cases, ("train", "val", "train", "test", "val"), strict=True)
    ]
    data = set_up(split, preparation, tmp_path, augment=compose(rotation=Rotation(1, 30), mirroring=Mirroring(1, [0])))
    batches = list(data.train_dataloader())
    assert len(batches) == len(data.train_dataloader()) == 12
    for batch in batches:
        assert set(batch) == {"ct", "label_map", "group"}
        assert batch["ct"].shape == batch["label_map"].shape == (2, 1, 8, 8, 8)
        assert batch["ct"].dtype == torch.float32
        assert batch["label_map"].dtype == torch.uint8
        assert set(batch["group"]) <= {"control", "moderate"}  # of P000 and P002
        assert data.on_after_batch_transfer(batch, 0) is batch
    assert data.drawn().patients == {"P000": 0, "P002": 0}  # nothing has been trained on
    assert Counter(batch["group"][0] for batch in data.val_dataloader()) == {"mild": 1, "control": 1}


def test_no_volume_is_read_of_which_no_step_takes_all(cases, preparation, tmp_path):
    """Of 47 patches, 36 fill both batches of 4 and volumes of 6: their least common multiple is 12."""
    data = set_up(cases, preparation, tmp_path, patches_per_epoch=47, batch_size=4, samples_per_volume=6)
    assert len(list(data.train_dataloader())) == 9
    assert data.sampler.length == 6


def test_an_epoch_too_short_for_whole_volumes_is_told(cases, preparation, tmp_path):
    data = set_up(cases, preparation, tmp_path, patches_per_epoch=5)
    with pytest.raises(
        InputError, match=r"patches_per_epoch is 5; .*batch_size=2\).*samples_per_volume=3\).* at least 6"
    ):
        data.train_dataloader()


def test_a_cohort_without_training_cases_is_told(cases, preparation, tmp_path):
    data = set_up([dataclasses.replace(case, split="val") for case in cases], preparation, tmp_path)
    with pytest.raises(InputError, match="no case to train on"):
        data.train_dataloader()


def test_what_is_no_sampler_is_told(cases, preparation, tmp_path):
    with pytest.raises(InputError, match=r"patches\.sampler cannot be made .*subject"):
        module(cases, preparation, tmp_path, sampler=tio.GridSampler)
    with pytest.raises(InputError, match=r"patches\.sampler cannot be made .*not \[8 8 0\]"):
        module(cases, preparation, tmp_path, patch_size=[8, 8, 0])
    with pytest.raises(InputError, match=r"patches\.sampler is a dict, not a TorchIO sampler"):
        module(cases, preparation, tmp_path, sampler=dict)


def test_counts_below_one_are_told_all_at_once(cases, preparation, tmp_path):
    with pytest.raises(InputError) as told:
        module(cases, preparation, tmp_path, samples_per_volume=0, volumes_in_queue=-1)
    assert told.value.problems == (
        "patches.samples_per_volume is 0; it must be at least 1",
        "patches.volumes_in_queue is -1; it must be at least 1",
    )


class Recorder(LightningModule):
    """A network of one number, which keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.number = torch.nn.Parameter(torch.zeros(()))
        self.shown = []

    def training_step(self, batch, batch_idx):
        self.shown += batch["ct"].double().sum((1, 2, 3, 4)).tolist()
        return self.number * batch["ct"].mean()

    def validation_step(self, batch, batch_idx):
        assert batch["ct"].dtype == torch.float32

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Drawn(Callback):
    """Keeps what each epoch was drawn from."""

    def __init__(self):
        self.epochs = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.epochs.append(trainer.datamodule.drawn())


def trained(data, folder, *callbacks, resumed=None, **budget):
    recorder = Recorder()
    torch.manual_seed(0)
    trainer = Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=any(isinstance(one, ModelCheckpoint) for one in callbacks),
        use_distributed_sampler=False,
        callbacks=list(callbacks),
        **budget,
    )
    trainer.fit(recorder, datamodule=data, ckpt_path=resumed, weights_only=True)
    return recorder.shown


quiet = pytest.mark.filterwarnings(
    "ignore:.*'val_dataloader' does not have many workers:UserWarning",
    "ignore:.*treespec:FutureWarning",
    "ignore:.*Total length of `list` across ranks is zero",
    "ignore:.*callbacks used to create the checkpoint need to be provided:UserWarning",
    "ignore:GPU available but not used:UserWarning",
)


@pytest.fixture
def split(cases):
    return [dataclasses.replace(case, split="val" if number == 4 else "train") for number, case in enumerate(cases)]


@quiet
@pytest.mark.parametrize("workers", [0, 1])
def test_every_group_has_its_share_of_every_epoch(split, preparation, tmp_path, workers):
    drawn = Drawn()
    data = module(split, preparation, tmp_path, workers=workers)
    shown = trained(data, tmp_path, drawn, DrawnShares(), max_epochs=3)
    assert len(shown) == data.patches_used() == 3 * 24
    assert len(set(shown)) == 3 * 24
    for epoch in drawn.epochs:
        assert epoch.groups == dict.fromkeys(("control", "mild", "moderate", "severe"), 6)
        assert epoch.patients == dict.fromkeys(("P000", "P001", "P002", "P003"), 6)
        assert str(epoch) == "24 patches: 6 control, 6 mild, 6 moderate, 6 severe; 6 to 6 a patient"
    assert data.waited_s > 0
    assert data.state_dict() == {"patches_used": 72}


@quiet
def test_an_epoch_that_is_cut_short_counts_as_far_as_it_went(split, preparation, tmp_path):
    drawn = Drawn()
    trained(module(split, preparation, tmp_path), tmp_path, drawn, max_steps=15)
    assert [sum(epoch.groups.values()) for epoch in drawn.epochs] == [24, 6]


@quiet
def test_the_same_seed_shows_the_same_patches(split, preparation, tmp_path):
    once, again, other = (
        trained(module(split, preparation, tmp_path, seed=seed), tmp_path, max_epochs=1) for seed in (1, 1, 2)
    )
    assert once == again
    assert not set(once) & set(other)


@quiet
@pytest.mark.parametrize("step", [5, 12, 17])
def test_a_resumed_training_goes_on_to_the_end_of_every_epoch(split, preparation, tmp_path, step):
    """12 steps an epoch: stored within the first, at its end, and within the second."""
    keep = ModelCheckpoint(tmp_path / "kept", filename="kept", every_n_train_steps=step, save_top_k=1)
    trained(module(split, preparation, tmp_path), tmp_path, keep, max_steps=step)
    drawn = Drawn()
    resumed = module(split, preparation, tmp_path)
    shown = trained(resumed, tmp_path, drawn, resumed=tmp_path / "kept" / "kept.ckpt", max_epochs=3)
    assert len(shown) == 3 * 24 - 2 * step
    assert resumed.patches_used() == 3 * 24
    unbroken = trained(module(split, preparation, tmp_path), tmp_path, max_epochs=3)
    assert sorted(shown[-24:]) == sorted(unbroken[-24:])  # the last epoch, in whatever order
    assert set(shown) <= set(unbroken)
