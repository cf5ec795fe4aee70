"""Lightning trains, is broken off and goes on."""

import dataclasses
import itertools
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from kseg.data.augment import compose
from kseg.data.datamodule import KidneyDataModule
from kseg.data.intensity import RandomContrast, RandomNoise
from kseg.data.warp import Mirroring, Rotation, Scaling

VARIED = compose(
    rotation=Rotation(0.5, 30),
    scaling=Scaling(0.5, (0.7, 1.4)),
    mirroring=Mirroring(0.5, [0]),
    noise=RandomNoise(std=(0.0, 0.1), p=0.5),
    contrast=RandomContrast(factor=(0.75, 1.25), p=0.5),
)
EPOCH = 8  # batches
GROUPS = ("control", "mild", "moderate", "severe")


@pytest.fixture
def data(cases, preparation, tmp_path):
    """Makes data modules of one cohort, of which one case is validated on."""
    split = [dataclasses.replace(case, split="val" if number == 4 else "train") for number, case in enumerate(cases)]

    def data(**settings):
        given = {
            "prepared_root": tmp_path / "prepared",
            "patch_size": [8, 8, 8],
            "patches_per_epoch": 2 * EPOCH,
            "batch_size": 2,
            "group_shares": "equal",
            "place_shares": {"cortex": 1, "anywhere": 1},
            "jitter": 0.25,
            "augment": VARIED,
            "augment_on": "auto",
            "workers": 0,
            "seed": 1,
            **settings,
        }
        return KidneyDataModule(split, preparation, **given)

    return data


class Recorder(LightningModule):
    """A network of one number, which keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.number = torch.nn.Parameter(torch.zeros(()))
        self.shown = []

    def training_step(self, batch, batch_idx):
        self.shown.append(batch["ct"].clone())
        return self.number * batch["ct"].mean()

    def validation_step(self, batch, batch_idx):
        assert batch["ct"].is_floating_point()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Fail(Callback):
    """Breaks a training off in one of its steps."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.global_step == self.step:
            raise KeyError("power cut")


def trained(data, folder, *callbacks, resumed=None, **budget):
    recorder = Recorder()
    trainer = Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=bool(callbacks),
        use_distributed_sampler=False,
        callbacks=list(callbacks),
        **budget,
    )
    trainer.fit(recorder, datamodule=data, ckpt_path=resumed, weights_only=True)
    return recorder.shown


quiet = pytest.mark.filterwarnings(
    "ignore:.*does not have many workers:UserWarning",
    "ignore:.*treespec:FutureWarning",
    "ignore:.*callbacks used to create the checkpoint need to be provided:UserWarning",
    "ignore:GPU available but not used:UserWarning",
)


BUDGETS = {"epochs": {"max_epochs": 3}, "steps": {"max_steps": 3 * EPOCH, "max_epochs": -1}}
STORED = {  # how a checkpoint is stored, and after which step
    "in_first_epoch": ({"every_n_train_steps": 3}, 3),
    "with_last_step_of_epoch": ({"every_n_train_steps": EPOCH}, EPOCH),
    "after_epoch": ({"every_n_epochs": 1, "save_on_train_epoch_end": True}, EPOCH),
    "in_second_epoch": ({"every_n_train_steps": 13}, 13),
    "after_validation": ({"every_n_epochs": 1, "save_on_train_epoch_end": False}, 12),
}
QUICK = {
    ("in_first_epoch", "epochs", 2),
    ("with_last_step_of_epoch", "steps", 0),
    ("after_epoch", "epochs", 2),
    ("in_second_epoch", "steps", 0),
    ("after_validation", "epochs", 0),
}


@quiet
@pytest.mark.parametrize(
    ("stored", "budget", "workers"),
    [
        pytest.param(*way, marks=() if way in QUICK else pytest.mark.soak if way[-1] else pytest.mark.slow)
        for way in itertools.product(STORED, BUDGETS, (0, 2))
    ],
)
def test_a_resumed_training_is_shown_what_an_unbroken_one_would_have_been(data, tmp_path, stored, budget, workers):
    how, step = STORED[stored]
    limits = BUDGETS[budget] | {"val_check_interval": 4, "check_val_every_n_epoch": None}
    keep = ModelCheckpoint(tmp_path / "kept", filename="last", save_top_k=1, enable_version_counter=False, **how)
    unbroken = trained(data(workers=workers), tmp_path, **limits)
    with pytest.raises(KeyError, match="power cut"):
        trained(data(workers=workers), tmp_path, keep, Fail(step + 2), **limits)
    resumed = trained(data(workers=workers), tmp_path, resumed=tmp_path / "kept" / "last.ckpt", **limits)
    assert len(unbroken) == 3 * EPOCH
    assert len(resumed) == 3 * EPOCH - step
    assert all(torch.equal(one, two) for one, two in zip(resumed, unbroken[step:], strict=True))


@quiet
def test_a_training_broken_off_in_a_step_repeats_that_step(data, tmp_path):
    unbroken = trained(data(), tmp_path, max_epochs=2)
    keep = ModelCheckpoint(tmp_path / "kept", filename="last", save_on_exception=True)
    with pytest.raises(KeyError, match="power cut"):
        trained(data(), tmp_path, keep, Fail(11), max_epochs=2)
    (stored,) = (tmp_path / "kept").iterdir()
    resumed = trained(data(), tmp_path, resumed=stored, max_epochs=2)
    assert len(resumed) == 5
    assert all(torch.equal(one, two) for one, two in zip(resumed, unbroken[11:], strict=True))


@quiet
@pytest.mark.parametrize("workers", [0, 1])
def test_every_epoch_is_drawn_anew_under_lightning(data, tmp_path, workers):
    shown = trained(data(workers=workers), tmp_path, max_epochs=3)
    straight = data()
    straight.setup("fit")
    loader, expected = straight.train_dataloader(), []
    for epoch in range(3):
        straight.patches_before = epoch * 2 * EPOCH
        expected += [batch["ct"] for batch in loader]
    assert all(torch.equal(one, two) for one, two in zip(shown, expected, strict=True))
    assert len({float(batch.double().sum()) for batch in shown}) == 3 * EPOCH


@quiet
def test_loaders_that_are_made_anew_for_every_epoch_go_on_with_it(data, tmp_path):
    as_ever, anew = (trained(data(), tmp_path, max_epochs=3, reload_dataloaders_every_n_epochs=n) for n in (0, 1))
    assert all(torch.equal(one, two) for one, two in zip(as_ever, anew, strict=True))


@quiet
def test_a_network_of_other_precision_is_shown_its_own(data, tmp_path):
    by_workers, on_device = (
        trained(data(augment_on=place), tmp_path, max_steps=2, precision="64-true") for place in ("workers", "device")
    )
    assert {batch.dtype for batch in (*by_workers, *on_device)} == {torch.float64}


@quiet
def test_lightning_hands_cut_patches_to_the_device_and_finished_ones_to_the_network(data, tmp_path):
    finished, cut = (trained(data(augment_on=place), tmp_path, max_steps=4) for place in ("workers", "device"))
    assert all(torch.allclose(one, two, atol=1e-5) for one, two in zip(finished, cut, strict=True))


@pytest.mark.soak
@pytest.mark.slow
def test_two_processes_share_every_epoch_and_go_on_with_it(cases, preparation, prepared, tmp_path):
    (tmp_path / "cohort.pickle").write_bytes(pickle.dumps((cases, preparation)))

    def shown(steps, *resumed):
        command = [
            sys.executable,
            str(Path(__file__).with_name("train_in_two_processes.py")),
            str(tmp_path),
            str(steps),
        ]
        done = subprocess.run([*command, *map(str, resumed)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads((tmp_path / f"{steps}_rank{rank}.json").read_text()) for rank in range(2)]

    unbroken, begun = shown(12), shown(6)
    (tmp_path / "12_rank0.json").unlink()
    resumed = shown(12, tmp_path / "after_6.ckpt")
    for rank in range(2):
        assert len(unbroken[rank]["shown"]) == 12
        assert begun[rank]["shown"] + resumed[rank]["shown"] == unbroken[rank]["shown"]
    patches = [batch for told in unbroken for batch in told["shown"]]
    assert len(set(patches)) == len(patches)
    assert [told["patches_used"] for told in (*begun, *resumed)] == [24, 24, 48, 48]
    assert unbroken[0]["shares"] == pytest.approx({f"data/share/{group}": 0.25 for group in GROUPS})
