"""Trained networks, one or several, put together to outline CTs; and what tells them from others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from torch import Tensor

from kseg.data.preparation import Preparation
from kseg.errors import InputError
from kseg.prediction.network import TrainedNetwork, are_axes
from kseg.prediction.opened import TrainedModel
from kseg.prediction.outliner import Outliner
from kseg.runs.provenance import git_commit


def asked_as(
    models: Sequence[TrainedModel], *, mirror_axes: Sequence[int] | None, search: bool | None
) -> list[TrainedModel]:
    """Change how networks are asked.

    Args:
        models: As they were trained.
        mirror_axes: Along which each also sees the CT mirrored; None: as it was trained.
        search: Whether the kidneys are looked for on a coarse grid first; None: as it was trained.

    Returns:
        The same networks, with both settings.

    Raises:
        InputError: A setting makes no sense.
    """
    if mirror_axes is not None and not are_axes(mirror_axes):
        raise InputError(f"mirror_axes is {mirror_axes!r}; a list of 0, 1, 2 is needed, each once, [] for none")
    if search not in (None, True, False):
        raise InputError(f"search is {search!r}; true or false is needed")
    changes = {"mirror_axes": mirror_axes, "search": search}
    asked = {name: value for name, value in changes.items() if value is not None}
    return [replace(model, prediction={"search": True, **model.prediction, **asked}) for model in models]


def outliner_of(models: Sequence[TrainedModel]) -> Outliner:
    """Put trained networks together, so that their shares are averaged before a voxel is decided.

    Networks of different preparations are refused rather than averaged on the CT's grid: each would have to be asked
    and brought back by itself, in as many times the memory, and folds and seeds of a study are prepared alike.

    Args:
        models: One or several, from `asked_as`.

    Returns:
        What outlines CTs.

    Raises:
        InputError: They are prepared differently, see windows of different sizes, or only some of them were taught the
            cortex.
    """
    first = models[0]
    problems = [problem for other in models[1:] for problem in _obstacles(first, other)]
    if problems:
        raise InputError([f"{problem}; predict with each by itself" for problem in problems])
    return Outliner(
        [
            TrainedNetwork(one.module, precision=one.precision, mirror_axes=one.prediction["mirror_axes"])
            for one in models
        ],
        first.preparation,
        divided=first.divided,
        search=all(one.prediction["search"] for one in models),
    )


def settings_of(models: Sequence[TrainedModel]) -> dict[str, Any]:
    """Say what decides the outlines of networks, in plain values.

    Args:
        models: One or several, from `asked_as`.

    Returns:
        Their weights by a digest, in any order, how CTs are prepared, and how each network is asked.
    """
    first = models[0]
    asked = sorted(f"{one.prediction['mirror_axes']} {one.prediction['search']}" for one in models)
    return {
        "weights": sorted(_digest(one.module.state_dict()) for one in models),
        "preparation": json.loads(json.dumps(asdict(first.preparation))),
        "mirror_axes_and_search": asked,
        "divided": first.divided,
    }


def origin_of(models: Sequence[TrainedModel]) -> dict[str, Any]:
    """Say what else is worth knowing of where outlines come from: names, no paths.

    Args:
        models: One or several.
    """
    return {"runs": [one.origin.resolve().name for one in models], "kseg": version("kseg"), "commit": git_commit()}


def _obstacles(one: TrainedModel, other: TrainedModel) -> list[str]:
    told = f"{one.origin} and {other.origin} cannot be averaged"
    problems = []
    if other.preparation != one.preparation:
        apart = _differences(one.preparation, other.preparation)
        problems.append(f"{told}: their CTs are prepared differently ({apart})")
    if other.divided != one.divided:
        problems.append(f"{told}: only {(one if one.divided else other).origin} was taught the cortex")
    return problems


def _differences(one: Preparation, other: Preparation) -> str:
    fields = (name for name in vars(one) if getattr(one, name) != getattr(other, name))
    return ", ".join(f"{name} {getattr(one, name)} and {getattr(other, name)}" for name in fields)


def _digest(weights: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, values in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(values.detach().cpu().contiguous().flatten().float().numpy().tobytes())
    return digest.hexdigest()
