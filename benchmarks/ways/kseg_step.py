"""Training steps by kseg's loop and, in turns with them, the same steps without a loop."""

from __future__ import annotations

import logging
import warnings
from time import perf_counter
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from lightning import Callback, Fabric, LightningDataModule, LightningModule, Trainer
from omegaconf import DictConfig, OmegaConf
from side_by_side.kept import KeptBatch
from side_by_side.task import Task

from kseg.data.waiting import TimedLoader
from kseg.models.precision import settled_precision
from kseg.models.segmentation import SegmentationModule
from ways.kseg_patches import CONF

WARM_UP = 3
NEED_MORE = ("best", "last", "last_validation", "drawn_shares")
"""Callbacks that want a run's folder, or a real data module."""


class KeptData(LightningDataModule):
    """Tells, as kseg's does, for how long it was waited for."""

    def __init__(self, batch: dict[str, Any], steps: int) -> None:
        super().__init__()
        self.loader = TimedLoader(KeptBatch(batch, steps), batch_size=None)

    @property
    def waited_s(self) -> float:
        """Seconds so far."""
        return self.loader.waited_s

    def train_dataloader(self) -> TimedLoader:
        """The one batch."""
        return self.loader


class Turns(Callback):
    """After each step of the loop, the same step of another module without the loop."""

    def __init__(self, module: SegmentationModule, batch: dict[str, Any], precision: str, clipped_at: float) -> None:
        self.module, self.batch, self.clipped_at = module, batch, clipped_at
        if module.compiled:
            module.network.compile()
        self.fabric = Fabric(accelerator="cpu", devices=1, precision=precision)  # type: ignore[arg-type]
        self.optimizer = module.optimizer(module.network.parameters())
        self.loop: list[float] = []
        self.bare: list[float] = []
        self.began = 0.0

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Take the other step; both are timed."""
        now = perf_counter()
        self.loop.append(now - self.began)
        self._step()
        self.began = perf_counter()
        self.bare.append(self.began - now)

    def _step(self) -> None:
        self.optimizer.zero_grad()
        with self.fabric.autocast():
            loss = self.module.loss_of_patches(self.batch["ct"], self.batch["label_map"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.clipped_at)
        self.optimizer.step()


def timed_steps(task: Task, steps: int, *, network: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """Take steps both ways.

    Args:
        task: Says how large patches are.
        steps: To time.
        network: DynUNet's keywords: its shape.
        overrides: Of `conf/model/dynunet.yaml`.

    Returns:
        `loop` and `bare`: seconds of each step.
    """
    _hush()
    config = _composed(network, overrides)
    precision = config.trainer.precision
    batch = _batch(task)
    turns = Turns(instantiate(config.model, _convert_="all"), batch, precision, config.trainer.gradient_clip_val)
    callbacks = [instantiate(one, _convert_="all") for name, one in config.callbacks.items() if name not in NEED_MORE]
    trainer = instantiate(config.trainer, callbacks=[*callbacks, turns], logger=False, _convert_="all")
    trainer.fit(instantiate(config.model, _convert_="all"), datamodule=KeptData(batch, WARM_UP + steps))
    return {"loop": turns.loop[WARM_UP:], "bare": turns.bare[WARM_UP:]}


def _composed(network: dict[str, Any], overrides: list[str]) -> DictConfig:
    budget = ["trainer.max_time=null", "trainer.max_epochs=1", "trainer.accelerator=cpu", "trainer.devices=1"]
    quiet = ["+trainer.enable_checkpointing=false", "+trainer.limit_val_batches=0", "trainer.val_check_interval=null"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["model=dynunet", *budget, *quiet, *overrides])
    OmegaConf.set_struct(config, False)
    config.paths.run = "."
    config.model.network.update(network)
    config.trainer.precision = settled_precision(config.trainer.precision, "cpu")
    return config


def _batch(task: Task) -> dict[str, Any]:
    shape = (task.batch_size, 1, *[task.size] * 3)
    return {"ct": torch.randn(shape), "label_map": torch.randint(3, shape, dtype=torch.uint8), "group": ["", ""]}


def _hush() -> None:
    for chatty in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
