"""What was drawn in an epoch, per group, structure and patient?"""

from __future__ import annotations

import logging
from typing import Any

from lightning import Callback, LightningModule, Trainer

log = logging.getLogger("kseg")

NO_GROUP = "none"
"""The name under which the share of patients without a group is logged."""


class DrawnShares(Callback):
    """Says at the end of an epoch, in the run's log, what its patches were drawn from, and logs `data/share/<group>`.

    The data module tells it by `drawn()`: counts by group, by place and by patient, over all processes.
    """

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the shares; an epoch that the budget has cut short counts as far as it went."""
        data: Any = getattr(trainer, "datamodule", None)
        drawn = data.drawn()
        patches = sum(drawn.groups.values())
        if not patches:
            return
        pl_module.log_dict({f"data/share/{name or NO_GROUP}": n / patches for name, n in drawn.groups.items()})
        if trainer.is_global_zero:
            log.debug("Epoch %d, %s", trainer.current_epoch, drawn)
