"""Where does the network fail: the same validation patients again and again, one a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning import Callback, LightningModule, Trainer

from kseg.clinical.groups import NO_GROUP
from kseg.tracking.guard import PICTURES
from kseg.tracking.pictures import middle_slices, picture
from kseg.tracking.wandb_logger import WandbLogger

WINDOW = (-1.0, 1.0)
"""To which preparation brings a CT."""


class ValidationPictures(Callback):
    """Shows in W&B how the first patient of each group is outlined: `pictures/val/<group>`, axial and coronal.

    Takes what `validation_step` returns, so that no network runs for it. The logger says how often, and does it.
    """

    def __init__(self) -> None:
        self.validations = 0
        self.shown: dict[str, list[Any]] = {}

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget the last validation's."""
        self.shown = {}

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Draw a case if it is the first of its group."""
        logger = self._logger(trainer)
        name = f"pictures/val/{outputs['group'] or NO_GROUP}"
        if logger is None or name in self.shown:
            return
        drawn = logger.run.guard.call(lambda: _drawn(trainer, logger, outputs, batch, batch_idx), of=PICTURES)
        self.shown[name] = drawn or []

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the pictures; count the validation."""
        logger = self._logger(trainer)
        pictures = {name: drawn for name, drawn in self.shown.items() if drawn}
        if logger is not None and pictures:
            step = trainer.global_step - 1  # under which Lightning logs this validation's means
            logger.log_pictures(pictures, step)
        self.validations, self.shown = self.validations + 1, {}

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"validations": self.validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.validations = state_dict["validations"]

    def _logger(self, trainer: Trainer) -> WandbLogger | None:
        """Who shows this validation; nobody, where it is not its turn."""
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger) and logger.pictures_every:
                return None if self.validations % logger.pictures_every else logger
        return None


def _drawn(
    trainer: Trainer, logger: WandbLogger, outputs: Mapping[str, Any], batch: Mapping[str, Any], number: int
) -> list[Any]:
    data: Any = getattr(trainer, "datamodule", None)
    case = data.prepared["val"][number].case
    ct, reference = (batch[name][0, 0].float().cpu().numpy() for name in ("ct", "label_map"))
    slices = middle_slices(ct, reference.astype("uint8"), outputs["predicted"], data.preparation.spacing_mm)
    scores = ", ".join(f"{name} {dice:.3f}" for name, dice in outputs["dice"].items() if dice == dice)
    who = f"{outputs['group'] or NO_GROUP}, {logger.run.redaction.patient(case.case_id)}"
    return [picture(shown, WINDOW, f"{who}, {shown.plane}: Dice {scores}") for shown in slices]
