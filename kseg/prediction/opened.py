"""From what a user names, a run's folder or an exported file, to networks that predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from kseg.data.preparation import Preparation
from kseg.errors import InputError
from kseg.models.precision import PRECISIONS, is_precision
from kseg.models.segmentation import SegmentationModule
from kseg.models.weights import give_weights
from kseg.prediction.carried import Carried, carried_of
from kseg.prediction.model_file import read_model_file
from kseg.prediction.network import are_axes
from kseg.runs.choosing import is_one, runs_in
from kseg.runs.config import Config
from kseg.runs.trust import OF_PREDICTION, refuse_foreign


@dataclass(frozen=True)
class TrainedModel:
    """A network as it came out of a training.

    Args:
        origin: The run's folder, or the exported file.
        module: With its weights, in evaluation mode; its `forward` labels a whole case.
        preparation: How a CT becomes what the network sees.
        prediction: Settings of the prediction, such as `mirror_axes`.
        precision: Of the training, in Lightning's words.
        divided: Whether it was taught to tell cortex from medulla.
    """

    origin: Path
    module: SegmentationModule
    preparation: Preparation
    prediction: Config
    precision: str | int
    divided: bool


def trained_models(asked: str | Sequence[str], *, trust: bool = False) -> list[TrainedModel]:
    """Open what was trained; nothing that comes with it is run unless kseg's own configuration names it.

    Args:
        asked: A run's folder, an exported file, a pattern such as `sweeps/folds/*`, or several of these.
        trust: Whether whoever made them may run code here, see `kseg.runs.trust`.

    Returns:
        One a run; an exported file may hold several.

    Raises:
        InputError: There is none, it cannot be read, or it is not to be trusted.
    """
    return [_built(carried, origin, trust=trust) for origin, carried in _found(asked)]


def _found(asked: str | Sequence[str]) -> list[tuple[Path, Carried]]:
    found = []
    for one in [asked] if isinstance(asked, str) else asked:
        if is_one(one) and Path(one).is_file():
            found += [(Path(one), carried) for carried in read_model_file(Path(one))]
        else:
            found += [(run.path, carried_of(run)) for run in runs_in(one)]
    return found


def _built(carried: Carried, origin: Path, *, trust: bool) -> TrainedModel:
    refuse_foreign(carried.config, OF_PREDICTION, origin=origin, trust=trust)
    try:
        module, preparation = (instantiate(carried.config[part], _convert_="all") for part in OF_PREDICTION)
    except InstantiationException as error:
        raise InputError(f"{origin}: its network cannot be built ({str(error).strip().splitlines()[0]})") from error
    if not isinstance(module, SegmentationModule) or not isinstance(preparation, Preparation):
        raise InputError(f"{origin}: holds no network that segments, or no preparation of a CT")
    preparation.check()
    axes = carried.prediction.get("mirror_axes")
    if not are_axes(axes):
        raise InputError(f"{origin}: prediction.mirror_axes is {axes!r}; a list of 0, 1, 2 is needed, each once")
    if not is_precision(carried.precision):
        needed = f"one of {', '.join(PRECISIONS)} is needed"
        raise InputError(f"{origin}: trainer.precision is {carried.precision!r}; {needed}")
    return TrainedModel(
        origin,
        give_weights(module, carried.weights, origin),
        preparation,
        prediction=carried.prediction,
        precision=carried.precision,
        divided=carried.divided,
    )
