"""A CT's outlines by nnU-Net v2's own predictor, with a network and the weights that kseg has trained."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from side_by_side.cts import ORIENTATION
from side_by_side.predict_time import Clock
from side_by_side.task import Task
from torch import Tensor, nn

from kseg.models.segmentation import SegmentationModule
from ways.kseg_predict import MIRROR_AXES, trained
from ways.nnunet import CONFIGURATION, dataset_and_plans

BACKWARDS = (2, 3)
"""Axes of kseg's windows that run the other way in the CTs, which nnU-Net does not turn."""


class Turned(nn.Module):
    """From nnU-Net's windows, shape (B, 1, z, y, x) as the file has them, to kseg's and back."""

    def __init__(self, module: SegmentationModule) -> None:
        super().__init__()
        self.module = module

    def forward(self, windows: Tensor) -> Tensor:
        """Logits of the classes, shape (B, 3, z, y, x)."""
        logits = self.module.objective.class_logits(self.module.answer(_turned(windows)))
        return _turned_back(logits)


def ready(run: Path, clock: Clock, *, task: dict[str, Any]) -> Callable[[Path, Path], Any]:
    """Load the network, and write a plan that asks for the same preparation and the same windows.

    Args:
        run: A training's folder.
        clock: Watches the network.
        task: In JSON's types: nnU-Net's plan is made from its CTs once.

    Returns:
        What outlines a file.
    """
    if ORIENTATION != "LPS":
        raise RuntimeError(f"CTs that lie {ORIENTATION} are turned in another way than LPS")
    config, module = trained(run)
    clock.watch(module.network)
    dataset, plans = dataset_and_plans(Task.of_plain(task))
    manager = PlansManager(_planned(plans, config))
    predictor = nnUNetPredictor(device=torch.device("cpu"), allow_tqdm=False)
    network = Turned(module)
    predictor.manual_initialization(
        network,
        manager,
        manager.get_configuration(CONFIGURATION),
        [network.state_dict()],
        dataset,
        "nnUNetTrainer",
        tuple(2 - axis for axis in MIRROR_AXES),  # z, y, x
    )

    def outline(ct: Path, output: Path) -> None:
        truncated = str(output).removesuffix("".join(output.suffixes))
        predictor.predict_from_files_sequential([[str(ct)]], [truncated])

    return outline


def _planned(plans: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Kseg's spacing, window and patch; nnU-Net subtracts the mean and divides by the deviation after clipping."""
    plans, prepare = copy.deepcopy(plans), config["prepare"]
    low, high = prepare["window_hu"]
    plans["foreground_intensity_properties_per_channel"]["0"].update(
        percentile_00_5=low, percentile_99_5=high, mean=(low + high) / 2, std=(high - low) / 2
    )
    plans["configurations"][CONFIGURATION].update(
        spacing=prepare["spacing_mm"][::-1], patch_size=config["patches"]["patch_size"][::-1]
    )
    return plans


def _turned(windows: Tensor) -> Tensor:
    return windows.permute(0, 1, 4, 3, 2).flip(BACKWARDS)


def _turned_back(logits: Tensor) -> Tensor:
    return logits.flip(BACKWARDS).permute(0, 1, 4, 3, 2)
