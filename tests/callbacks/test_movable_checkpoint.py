import shutil

import lightning
import pytest
import torch
from torch.utils.data import DataLoader

from kseg.callbacks.movable_checkpoint import MovableCheckpoint


class Scored(lightning.LightningModule):
    """Learns nothing; its validations measure what it is told."""

    def __init__(self, scores):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.scores = list(scores)

    def training_step(self, batch, batch_idx):
        return self.weight.sum()

    def validation_step(self, batch, batch_idx):
        self.log("dice", self.scores.pop(0))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)

    def train_dataloader(self):
        return DataLoader([0.0])

    val_dataloader = train_dataloader


def train(folder, scores, resumed=None, epochs=1):
    options = {"dirpath": folder, "enable_version_counter": False}
    best = MovableCheckpoint(filename="best", monitor="dice", mode="max", **options)
    last = MovableCheckpoint(filename="last", every_n_epochs=1, save_on_train_epoch_end=True, **options)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "num_sanity_val_steps": 0}
    trainer = lightning.Trainer(accelerator="cpu", max_epochs=epochs, callbacks=[best, last], **quiet)
    trainer.fit(Scored(scores), ckpt_path=resumed, weights_only=True)
    return best


def step_of(checkpoint):
    return torch.load(checkpoint, weights_only=True)["global_step"]


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*exists and is not empty")
@pytest.mark.filterwarnings("ignore:.*treespec", "ignore:The number of training batches")
@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_the_best_checkpoint_outlasts_a_worse_one_after_the_run_was_moved(tmp_path, move):
    train(tmp_path / "before", [0.9, 0.6], epochs=2)
    move(tmp_path / "before", tmp_path / "after")
    copies = {path: path.stat().st_mtime_ns for path in (tmp_path / "before").glob("*")}
    resumed = tmp_path / "after" / "last.ckpt"
    best = train(tmp_path / "after", [0.7], resumed, epochs=3)
    assert step_of(resumed) == 3
    assert step_of(tmp_path / "after" / "best.ckpt") == 1
    assert best.best_model_path == str(tmp_path / "after" / "best.ckpt")

    train(tmp_path / "after", [0.95], resumed, epochs=4)
    assert step_of(tmp_path / "after" / "best.ckpt") == 4
    assert {path: path.stat().st_mtime_ns for path in copies} == copies
