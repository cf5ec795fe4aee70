"""How fast does a training go, and how much memory does it take?"""

from __future__ import annotations

import resource
import sys
from time import perf_counter
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

KILOBYTES = 1 if sys.platform == "darwin" else 1024
"""In what `ru_maxrss` counts: bytes on macOS, kilobytes on Linux (getrusage(2))."""


class Pace(Callback):
    """Logs `data/patches_per_s` over the last steps, on all processes together, and the peaks of memory.

    `memory/process_gb` is this process's own, `memory/gpu_gb` its GPU's, if there is one. Time for validation does not
    count. On a GPU, steps are counted as they are asked for; over many, that is as fast as they are done.
    """

    def __init__(self) -> None:
        self.began_s, self.paused_s, self.patches = 0.0, 0.0, 0
        self.rate = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count."""
        self.began_s, self.patches = perf_counter(), 0

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock."""
        self.paused_s = perf_counter()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let the clock go on."""
        self.began_s += perf_counter() - self.paused_s

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count a batch; every so many steps as are logged, begin anew."""
        self.patches += len(batch["label_map"]) * trainer.world_size
        spent_s = perf_counter() - self.began_s
        self.rate = self.patches / max(spent_s, 1e-9)
        told = {"data/patches_per_s": self.rate, "memory/process_gb": peak_gb()}
        if torch.cuda.is_available():
            told["memory/gpu_gb"] = torch.cuda.max_memory_allocated() / 1e9
        for name, value in told.items():  # a bare number would go to the GPU
            pl_module.log(name, torch.tensor(value), batch_size=1)
        every = trainer.log_every_n_steps or 1  # type: ignore[attr-defined]  # 0: nothing is logged
        if trainer.global_step % every == 0:
            self.began_s, self.patches = perf_counter(), 0


def peak_gb() -> float:
    """The most memory that this process has held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTES / 1e9
