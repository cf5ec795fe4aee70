"""A training of two processes, started by a test: what each of them was shown, and which draws it took."""

import json
import pickle
import sys
from pathlib import Path

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from kseg.callbacks.drawn_shares import DrawnShares
from kseg.data.augment import Augmentation
from kseg.data.datamodule import KidneyDataModule

EPOCH = 4  # steps


class Recorder(LightningModule):
    """A network of one number, which keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.number = torch.nn.Parameter(torch.zeros(()))
        self.shown = []

    def training_step(self, batch, batch_idx):
        self.shown.append(float(batch["ct"].double().sum()))
        return self.number * batch["ct"].mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def main(folder, steps, resumed):
    data = KidneyDataModule(
        *pickle.loads((folder / "cohort.pickle").read_bytes()),
        prepared_root=folder / "prepared",
        patch_size=[8, 8, 8],
        patches_per_epoch=EPOCH * 4,
        batch_size=2,
        group_shares="equal",
        place_shares={"cortex": 1, "anywhere": 1},
        jitter=0.25,
        augment=Augmentation(),
        augment_on="auto",
        workers=1,
        seed=1,
    )
    recorder = Recorder()
    trainer = Trainer(
        **{"accelerator": "cpu", "devices": 2, "strategy": "ddp", "max_steps": steps, "use_distributed_sampler": False},
        **{"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "limit_val_batches": 0},
        callbacks=[DrawnShares(), ModelCheckpoint(folder, filename=f"after_{steps}", every_n_train_steps=steps)],
    )
    trainer.fit(recorder, datamodule=data, ckpt_path=resumed, weights_only=True)
    shares = {name: float(value) for name, value in trainer.callback_metrics.items()}
    told = {"shown": recorder.shown, "shares": shares, "patches_used": data.patches_used()}
    (folder / f"{steps}_rank{trainer.global_rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
