"""What does a training in several processes, or in shares on several GPUs, not allow?"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kseg.errors import InputError
from kseg.models.dry_run import processes_of

log = logging.getLogger("kseg")


def refuse_what_processes_cannot(trainer: Mapping[str, Any], callbacks: Mapping[str, Any]) -> None:
    """Stop before the training at settings with which it would hang or break.

    Args:
        trainer: Its settings, in Lightning's words.
        callbacks: Their settings by name.

    Raises:
        InputError: Validations are due by each process's own clock; or an average is asked of weights in shares.
    """
    processes = processes_of(trainer["accelerator"], trainer["devices"], trainer["num_nodes"])
    interval = trainer["val_check_interval"]
    if processes > 1 and not isinstance(interval, int | float | None):
        raise InputError(
            f"trainer.val_check_interval={interval} is a time, and the clocks of {processes} processes differ: one "
            "would validate while the others train, and all would wait for ever; give a number of steps, such as 500"
        )
    if _lies_in_shares(trainer):
        averaging = [name for name, callback in callbacks.items() if _is_named(callback, "WeightAverag")]
        if averaging:
            raise InputError(
                f"callbacks.{averaging[0]} averages whole weights, and with FSDP each GPU holds a share of them: "
                "leave out callbacks=ema, or train with trainer=ddp"
            )


def without_clipped_shares(trainer: dict[str, Any]) -> dict[str, Any]:
    """Leave out the clipping of gradients by their norm where they lie in shares, which Lightning cannot; say so.

    Args:
        trainer: Its settings, in Lightning's words.
    """
    clipped = trainer["gradient_clip_val"] and trainer.get("gradient_clip_algorithm") != "value"
    if not (clipped and _lies_in_shares(trainer)):
        return trainer
    log.warning("Gradients are not clipped to a norm of %s: with FSDP they lie in shares", trainer["gradient_clip_val"])
    return {**trainer, "gradient_clip_val": None}


def _lies_in_shares(trainer: Mapping[str, Any]) -> bool:
    strategy = trainer["strategy"]
    return _is_named(strategy, "FSDPStrategy") or str(strategy).startswith("fsdp")


def _is_named(settings: Any, name: str) -> bool:
    return isinstance(settings, Mapping) and name in str(settings.get("_target_", "")).rpartition(".")[2]
