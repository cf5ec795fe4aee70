"""How fast does a network train on kseg's patches, beside one batch that is kept where the network is?"""

from __future__ import annotations

import argparse
import logging
import tempfile
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from lightning import Callback, Trainer
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from side_by_side.cts import make_cts
from side_by_side.kept import KeptBatch
from side_by_side.table import show
from side_by_side.task import Task
from torch.utils.data import DataLoader
from ways.kseg_patches import CONF, cases_of_task

from kseg.data.datamodule import KidneyDataModule
from kseg.models.allocator import keep_large_blocks
from kseg.models.precision import settled_precision

FOLDER = Path(tempfile.gettempdir()) / "kseg-benchmarks"
"""As in `patches.py`: the CTs are made once."""

WARM_UP = 10
"""Steps before the clock starts."""

LEVELS = 6
DYNUNET = {
    "_target_": "monai.networks.nets.DynUNet",
    "spatial_dims": 3,
    "in_channels": 1,
    "out_channels": 3,
    "kernel_size": [3] * LEVELS,
    "strides": [1] + [2] * (LEVELS - 1),
    "upsample_kernel_size": [2] * (LEVELS - 1),
    "filters": [32, 64, 128, 256, 320, 320],
}
"""nnU-Net's shape for patches of 128^3."""


class Clock(Callback):
    """Times the steps after the warm-up."""

    def __init__(self) -> None:
        self.began, self.seconds = 0.0, 0.0

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Start the clock after the warm-up, and read it at the end; a GPU is waited for at both."""
        if trainer.global_step == WARM_UP:
            self.began = _now_s()
        if trainer.global_step == trainer.max_steps:
            self.seconds = _now_s() - self.began


def main() -> None:
    """Take turns, and print steps a second and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=128, help="voxels of a patch along each axis")
    parser.add_argument("--network", choices=["dynunet", "unet_tiny"], default="dynunet")
    parser.add_argument("--augment", choices=["nnunet", "light", "none"], default="nnunet")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked, console = parser.parse_args(), Console()
    keep_large_blocks()
    for chatty in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    task = Task(folder=asked.folder.resolve(), size=asked.size, workers=asked.workers)
    make_cts(task)
    rates = [
        (_steps_a_second(task, asked, kept=False), _steps_a_second(task, asked, kept=True)) for _ in range(asked.rounds)
    ]
    real, kept = (median(column) for column in zip(*rates, strict=True))
    heading = ["network", "patch", "steps a second, real data", "one batch kept", "real / kept"]
    ratio = median(a / b for a, b in rates)
    show([heading, [asked.network, f"{asked.size}^3", f"{real:.2f}", f"{kept:.2f}", f"{ratio:.3f}"]], console)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    console.print(f"{device}, batch of 2, augment={asked.augment}, {asked.workers} workers, {asked.rounds} rounds")


def _steps_a_second(task: Task, asked: argparse.Namespace, *, kept: bool) -> float:
    config = _composed(task, asked)
    data = _data_module(task, config)
    clock = Clock()
    trainer = instantiate(config.trainer, callbacks=[clock], logger=False, _convert_="all")
    module = instantiate(config.model, _convert_="all")
    if kept:
        trainer.fit(module, DataLoader(KeptBatch(_one_batch(data), asked.steps), batch_size=None))
    else:
        trainer.fit(module, datamodule=data)
    return float((asked.steps - WARM_UP) / clock.seconds)


def _one_batch(data: KidneyDataModule) -> dict[str, torch.Tensor]:
    data.prepare_data()
    data.setup("fit")
    data.augment_on = "workers"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return {name: tensor.to(device) for name, tensor in next(iter(data.train_dataloader())).items()}


def _data_module(task: Task, config: DictConfig) -> KidneyDataModule:
    preparation, augment = (instantiate(config[name], _convert_="all") for name in ("prepare", "augment"))
    data: KidneyDataModule = instantiate(config.patches, _convert_="all")(
        cases_of_task(task), preparation, augment=augment
    )
    return data


def _composed(task: Task, asked: argparse.Namespace) -> DictConfig:
    overrides = {
        "augment": asked.augment,
        "paths.root": task.folder / "kseg",
        "prepare.spacing_mm": [task.spacing_mm] * 3,
        "patches.patch_size": [task.size] * 3,
        "patches.workers": task.workers,
        "patches.patches_per_epoch": 2 * asked.steps,
        "trainer.max_time": "null",
        "trainer.max_steps": asked.steps,
        "+trainer.enable_progress_bar": False,
        "+trainer.enable_checkpointing": False,
        "+trainer.limit_val_batches": 0,
        "trainer.val_check_interval": "null",
    }
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"{key}={value}" for key, value in overrides.items()])
    OmegaConf.set_struct(config, False)
    config.paths.run = str(task.folder / "kseg" / "run")
    config.trainer.precision = settled_precision(config.trainer.precision, config.trainer.accelerator)
    if asked.network == "dynunet":
        config.model.network = DYNUNET
    return config


def _now_s() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return perf_counter()


if __name__ == "__main__":
    main()
