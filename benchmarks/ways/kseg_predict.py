"""A CT's outlines by kseg, as predict.py draws them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from side_by_side.predict_time import Clock

from kseg.models.segmentation import SegmentationModule
from kseg.models.weights import load_weights
from kseg.prediction.network import TrainedNetwork
from kseg.prediction.one_ct import predict_file
from kseg.prediction.outliner import Outliner
from kseg.runs.config import Config, read_config
from kseg.runs.folder import RunFolder

MIRROR_AXES = (0,)
"""Right-left, as nnU-Net is asked to."""


def ready(run: Path, clock: Clock, *, search: bool) -> Callable[[Path, Path], Any]:
    """Load the network.

    Args:
        run: A training's folder.
        clock: Watches the network.
        search: Whether the kidneys are looked for first.

    Returns:
        What outlines a file.
    """
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    config, module = trained(run)
    clock.watch(module.network)
    network = TrainedNetwork(module, precision="32-true", mirror_axes=MIRROR_AXES)
    outliner = Outliner([network], instantiate(config["prepare"], _convert_="all"), search=search)
    return lambda ct, output: predict_file(ct, output, outliner)


def trained(run: Path) -> tuple[Config, SegmentationModule]:
    """A run's config and its network with its weights.

    Args:
        run: A training's folder.
    """
    folder = RunFolder(run)
    config = read_config(folder.config)
    return config, load_weights(instantiate(config["model"], _convert_="all"), folder.chosen_checkpoint)
