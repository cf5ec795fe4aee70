"""Dice of a validation: per structure, per group, and of the worst group."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer

from kseg.labels import OUTLINED, STRUCTURES

log = logging.getLogger("kseg")


class GroupDice(Callback):
    """Gathers what `validation_step` returns and logs its means.

    Logs `val/dice/<structure>`, `val/dice/<structure>/<group>`, `val/dice/<structure>/worst_group` and, to choose
    checkpoints by, `val/dice/mean` over those structures that are outlined in this cohort. A case in which a structure
    cannot be compared is left out of that structure's means, which is counted in `val/missing/<structure>`. A case
    without a group counts in the means over all.
    """

    def __init__(self) -> None:
        self.cases: list[Mapping[str, Any]] = []

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget the last validation."""
        self.cases = []

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Keep one case's Dice, and not its label map."""
        self.cases.append({"group": outputs["group"], "dice": outputs["dice"]})

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the means, early enough for a checkpoint to be chosen by them."""
        values = group_means(self.cases)
        values["val/dice/mean"] = _mean([values[f"val/dice/{name}"] for name in OUTLINED])
        pl_module.log_dict(values)  # the same on every process: each validates every case
        if trainer.is_global_zero:
            log.info("Step %d, validation Dice: %s", trainer.global_step, _sentence(values))


def group_means(cases: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Average Dice over cases, and over the cases of each group.

    Args:
        cases: What `SegmentationModule.validation_step` returned.

    Returns:
        Means by the names above; NaN where no case could be compared.
    """
    values: dict[str, float] = {}
    for structure in STRUCTURES:
        scores: defaultdict[str, list[float]] = defaultdict(list)
        for case in cases:
            scores[case["group"]].append(case["dice"][structure])
        by_group = {group: _mean(scores[group]) for group in sorted(scores) if group}
        name = f"val/dice/{structure}"
        values |= {f"{name}/{group}": mean for group, mean in by_group.items()}
        values[name] = _mean([score for group in scores.values() for score in group])
        values[f"{name}/worst_group"] = min((mean for mean in by_group.values() if mean == mean), default=float("nan"))
        values[f"val/missing/{structure}"] = float(sum(score != score for group in scores.values() for score in group))
    return values


def _sentence(values: Mapping[str, float]) -> str:
    """Say what was outlined, and the worst group where there are groups."""
    means = {name: (values[f"val/dice/{name}"], values[f"val/dice/{name}/worst_group"]) for name in OUTLINED}
    return "; ".join(
        f"{name} {mean:.3f}" + (f", its worst group {worst:.3f}" if worst == worst else "")
        for name, (mean, worst) in means.items()
        if mean == mean
    )


def _mean(scores: Sequence[float]) -> float:
    known = [score for score in scores if score == score]
    return float(np.mean(known)) if known else float("nan")
