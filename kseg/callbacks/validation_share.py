"""What share of the time does validation take?"""

from __future__ import annotations

import logging
from time import perf_counter

from lightning import Callback, LightningModule, Trainer

log = logging.getLogger("kseg")


class ValidationShare(Callback):
    """Logs `val/time_share` with every validation: its share of the time since training began; and tells it at the end.

    `trainer.val_check_interval` sets how often there is one.
    """

    def __init__(self) -> None:
        self.began_s = self.validation_began_s = self.validated_s = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count."""
        self.began_s, self.validated_s = perf_counter(), 0.0

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self.validation_began_s = perf_counter()

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the share so far; after this hook, Lightning takes no more values of a validation."""
        self.validated_s += perf_counter() - self.validation_began_s
        if not trainer.sanity_checking:
            pl_module.log("val/time_share", self._share())

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell the share of the whole training."""
        log.info("Validation took %.1f %% of the time", 100 * self._share())

    def _share(self) -> float:
        return self.validated_s / max(perf_counter() - self.began_s, 1e-9)
