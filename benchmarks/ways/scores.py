"""How are two label maps of a whole CT scored: kseg with all its metrics, MONAI and google with three each."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from side_by_side.task import Task

from kseg.images import read_volume
from kseg.labels import STRUCTURES, structure_mask

TOLERANCE_MM = 1.0
SHIFT = (2, -1, 1)
"""Voxels by which the second label map lies beside the first."""

LabelMap = NDArray[np.uint8]
Spacing = tuple[float, float, float]


def measure(way: str, task: dict[str, Any]) -> dict[str, Any]:
    """Score parenchyma, cortex and medulla of one pair.

    Args:
        way: `kseg`, `monai` or `google`.
        task: In JSON's types; its first case is scored against itself, moved.

    Returns:
        `seconds` and `processor_s` of the second scoring, `beside_mb`, the most memory that it took beside what was
        held before, the two label maps among it, and the `dice`, `hd95_mm` and `nsd_1mm` of the cortex.
    """
    known = Task.of_plain(task)
    volume = read_volume(known.labels / f"{known.case_ids[0]}.nii.gz")
    reference = np.asarray(volume.voxels, np.uint8)
    predicted = np.roll(reference, SHIFT, axis=(0, 1, 2))
    score = WAYS[way]()
    score(reference, predicted, volume.grid.spacing_mm)  # what is imported and allocated for the first time
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew, from what is held now
    held, began, processor_began = _memory_mb("VmRSS"), time.perf_counter(), time.process_time()
    found = score(reference, predicted, volume.grid.spacing_mm)
    seconds, processor_s = time.perf_counter() - began, time.process_time() - processor_began
    return {"seconds": seconds, "processor_s": processor_s, "beside_mb": _memory_mb("VmHWM") - held, **found}


def _kseg() -> Callable[[LabelMap, LabelMap, Spacing], dict[str, float]]:
    from kseg.metrics.overlap import dice
    from kseg.metrics.score import score_case
    from kseg.metrics.surface import surface_scores
    from kseg.metrics.volume import (
        absolute_volume_error_ml,
        absolute_volume_error_percent,
        volume_error_ml,
        volume_error_percent,
    )

    metrics = {
        "dice": dice,
        "volume_error_ml": volume_error_ml,
        "volume_error_percent": volume_error_percent,
        "absolute_volume_error_ml": absolute_volume_error_ml,
        "absolute_volume_error_percent": absolute_volume_error_percent,
        "surface": partial(surface_scores, tolerances_mm=(1, 2, 3), percent=95),
    }

    def score(reference: LabelMap, predicted: LabelMap, spacing_mm: Spacing) -> dict[str, float]:
        scores = score_case(reference, predicted, spacing_mm=spacing_mm, metrics=metrics)
        wanted = ("dice", "hd95_mm", "nsd_1mm")
        return {one.metric: one.value for one in scores if one.structure == "cortex" and one.metric in wanted}

    return score


def _monai() -> Callable[[LabelMap, LabelMap, Spacing], dict[str, float]]:
    import torch
    from monai.metrics import compute_dice, compute_hausdorff_distance, compute_surface_dice

    def score(reference: LabelMap, predicted: LabelMap, spacing_mm: Spacing) -> dict[str, float]:
        masks = [
            torch.from_numpy(np.stack([structure_mask(one, name) for name in STRUCTURES]))[None].float()
            for one in (predicted, reference)
        ]
        dice = compute_dice(*masks, include_background=True)
        hd95 = compute_hausdorff_distance(*masks, include_background=True, percentile=95, spacing=spacing_mm)
        tolerances = [TOLERANCE_MM] * len(STRUCTURES)
        nsd = compute_surface_dice(*masks, tolerances, include_background=True, spacing=spacing_mm, use_subvoxels=True)
        cortex = list(STRUCTURES).index("cortex")
        return {"dice": float(dice[0, cortex]), "hd95_mm": float(hd95[0, cortex]), "nsd_1mm": float(nsd[0, cortex])}

    return score


def _google() -> Callable[[LabelMap, LabelMap, Spacing], dict[str, float]]:
    import surface_distance as google

    def score(reference: LabelMap, predicted: LabelMap, spacing_mm: Spacing) -> dict[str, float]:
        found = {}
        for name in STRUCTURES:
            masks = structure_mask(reference, name), structure_mask(predicted, name)
            surfaces = google.compute_surface_distances(*masks, spacing_mm)
            found[name] = {
                "dice": float(google.compute_dice_coefficient(*masks)),
                "hd95_mm": float(google.compute_robust_hausdorff(surfaces, 95)),
                "nsd_1mm": float(google.compute_surface_dice_at_tolerance(surfaces, TOLERANCE_MM)),
            }
        return found["cortex"]

    return score


WAYS = {"kseg": _kseg, "monai": _monai, "google": _google}


def _memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024 / 1e6
