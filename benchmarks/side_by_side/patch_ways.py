"""Which ways to a patch are compared?"""

from __future__ import annotations

from pathlib import Path

from side_by_side.cts import CASES
from side_by_side.way import Way

OURS = "lean"
QUEUE_YAML = Path(__file__).resolve().parents[2] / "conf" / "patches" / "queue.yaml"
TWO, TEN = 2, 10
"""Patches of one loaded CT: as many as a batch; as in the example of TorchIO's documentation."""

KSEG = [
    Way(
        "lean",
        "kseg, lean",
        "ways.kseg_patches",
        "kseg",
        "each patch its own CT and augmentation; labels linear; nnU-Net's intensities",
        {"patches": "lean"},
    ),
    Way(
        "queue",
        "kseg, queue",
        "ways.kseg_patches",
        "kseg",
        "TorchIO's Queue over prepared cases, as conf/patches/queue.yaml sets it",
        {"patches": "queue"},
    ),
]

NNUNET = [
    Way(
        "nnunet",
        "nnU-Net v2",
        "ways.nnunet",
        "nnunetv2",
        "its own loader, transforms and augmenter; each patch its own CT and augmentation; labels linear",
    ),
]


def _torchio(files: str, per_volume: int) -> Way:
    many = f"_{per_volume}" if per_volume == TEN else ""
    length = per_volume * sum(CASES.values())
    return Way(
        f"torchio_{files}{many}",
        f"TorchIO Queue, {files} files",
        "ways.torchio_queue",
        "torchio",
        f"{per_volume} patches share a CT and its augmentation; labels nearest; noise, blur, low resolution, gamma",
        {"files": files, "per_volume": per_volume, "queue_length": length},
        cycle=length,
    )


def _monai(dataset: str, title: str) -> Way:
    return Way(
        f"monai_{dataset}",
        f"MONAI {title}",
        "ways.monai_datasets",
        "monai",
        f"{TWO} patches share a CT, each augmented by itself, corners from the border; labels nearest; all intensities",
        {"dataset": dataset, "per_volume": TWO},
    )


TORCHIO = [_torchio(files, per_volume) for per_volume in (TWO, TEN) for files in ("raw", "prepared")]
MONAI = [_monai("cache", "CacheDataset"), _monai("persistent", "PersistentDataset")]


def patch_ways() -> list[Way]:
    """All that can be compared: kseg's queue only where there is one."""
    return [*(way for way in KSEG if way.name == OURS or QUEUE_YAML.exists()), *NNUNET, *MONAI, *TORCHIO]
