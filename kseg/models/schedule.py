"""A learning rate that follows the share of the budget already spent, whatever the budget is counted in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lightning import Trainer
from lightning.pytorch.callbacks import Timer
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from kseg.errors import InputError

Shape = Callable[[float], float]
"""From the share of the budget spent, 0 to 1, to a factor of the learning rate."""


class BudgetSchedule(LRScheduler):
    """Sets each learning rate to its initial value times `shape(spent())`, after every step.

    Args:
        optimizer: Whose learning rates are set.
        shape: The course of the factor.
        spent: The share of the budget spent so far.
    """

    def __init__(self, optimizer: Optimizer, shape: Shape, spent: Callable[[], float]) -> None:
        self.shape, self.spent = shape, spent
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Any]:
        """The learning rates at this point of the budget."""
        factor = self.shape(self.spent())
        return [initial * factor for initial in self.base_lrs]

    def state_dict(self) -> dict[str, Any]:
        """All but the callables: a checkpoint holds plain values only."""
        return {key: value for key, value in super().state_dict().items() if key not in ("shape", "spent")}


def polynomial(spent: float, *, power: float, warmup: float) -> float:
    """Rise linearly over the share `warmup` of the budget, then fall to zero as (1 - x) ** power.

    Isensee et al. 2021 (nnU-Net) use power 0.9 without warm-up.

    Raises:
        InputError: The warm-up is no share.
    """
    rise = _rise(spent, warmup)
    return rise * float(max(0.0, 1 - _after(spent, warmup)) ** power)


def cosine(spent: float, *, warmup: float) -> float:
    """Rise linearly over the share `warmup` of the budget, then fall to zero as half a cosine (Loshchilov 2017).

    Raises:
        InputError: The warm-up is no share.
    """
    rise = _rise(spent, warmup)
    return rise * (1 + math.cos(math.pi * _after(spent, warmup))) / 2


def budget_spent(trainer: Trainer) -> float:
    """The share of the training budget that is spent, 0 to 1, as this process sees it.

    Args:
        trainer: Its `max_steps`, `max_epochs` and `max_time` count; the one nearest to its end decides.

    Returns:
        The largest of the three shares.

    Raises:
        InputError: None of the three is set, so that no schedule can know where it stands.
    """
    in_time = [_time_share(timer) for timer in _timers(trainer) if timer.time_remaining() is not None]
    if not in_time and trainer.max_steps <= 0 and (trainer.max_epochs or 0) <= 0:
        raise InputError("the training has no budget; set trainer.max_time, trainer.max_steps or trainer.max_epochs")
    return min(1.0, max([counted_share(trainer), *in_time]))


def agreed_share(trainer: Trainer) -> float:
    """`budget_spent` of the first process, for all: clocks differ, and learning rates must not."""
    share = budget_spent(trainer)
    by_the_clock = any(timer.time_remaining() is not None for timer in _timers(trainer))
    return float(trainer.strategy.broadcast(share)) if trainer.world_size > 1 and by_the_clock else share


def counted_share(trainer: Trainer) -> float:
    """The share that is spent of `max_steps` or `max_epochs`, the larger one; 0 where neither bounds the training."""
    shares = [0.0]
    if trainer.max_steps > 0:
        shares.append(trainer.global_step / trainer.max_steps)
    if trainer.max_epochs is not None and trainer.max_epochs > 0:
        batches = trainer.num_training_batches
        steps = math.ceil(batches / trainer.accumulate_grad_batches) if math.isfinite(batches) else math.inf
        shares.append(trainer.global_step / max(1, trainer.max_epochs * steps))
    return max(shares)


def _timers(trainer: Trainer) -> list[Timer]:
    return [callback for callback in trainer.callbacks if isinstance(callback, Timer)]  # type: ignore[attr-defined]


def _time_share(timer: Timer) -> float:
    elapsed, remaining = timer.time_elapsed(), timer.time_remaining()
    return elapsed / max(1e-9, elapsed + (remaining or 0.0))


def _rise(spent: float, warmup: float) -> float:
    if not 0 <= warmup < 1:
        raise InputError(f"model.schedule.warmup is {warmup}; a share of the budget is needed, such as 0.02")
    return min(1.0, spent / warmup) if warmup > 0 else 1.0


def _after(spent: float, warmup: float) -> float:
    return max(0.0, min(1.0, (spent - warmup) / (1 - warmup)))
