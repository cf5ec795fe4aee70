"""A training that is asked to end saves itself after the step that goes on, and ends on all processes at once."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer

from kseg.runs.ending import Terminated, requests


class OrderlyEnd(Callback):
    """Answers Ctrl-C, SIGTERM and the signals of a cluster.

    Between two steps all is saved; during a validation, what the last epoch saved must do.

    Args:
        path: The checkpoint from which the training goes on.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let requests wait for the end of a step; Lightning has taken the signals for itself before."""
        requests.deferred = True
        requests.listen()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Save and end before the next step, if asked to: all that belongs to the one before is done then.

        Raises:
            Terminated: If asked to end.
        """
        if batch_idx % trainer.accumulate_grad_batches:
            return  # gradients that wait for the rest of their step are not saved
        number = asked_anywhere(trainer)
        if number:
            trainer.save_checkpoint(self.path)
            raise Terminated(number)

    def on_validation_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any) -> None:
        """End between two cases, if asked to.

        Raises:
            Terminated: If asked to end.
        """
        number = asked_anywhere(trainer)
        if number:
            raise Terminated(number)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let requests end at once what comes after the training, also the one that came too late for a step.

        Raises:
            Terminated: If asked to end; the last epoch has been saved.
        """
        requests.deferred = False
        if number := asked_anywhere(trainer):
            raise Terminated(number)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Let requests end at once what puts things in order."""
        requests.deferred = False


def asked_anywhere(trainer: Trainer) -> int:
    """The signal by which any process of the training was asked to end, 0 if none was: the same answer on all."""
    if trainer.world_size == 1:
        return requests.number or 0
    asked = trainer.strategy.reduce_boolean_decision(requests.number is not None, all=False)
    return (requests.number or signal.SIGTERM) if asked else 0
