"""Which ways to a patch are compared?"""

from __future__ import annotations

from pathlib import Path

from omegaconf import OmegaConf

from side_by_side.cts import CASES
from side_by_side.way import LINEAR, NEAREST, Way

OURS = "lean"
QUEUE_YAML = Path(__file__).resolve().parents[2] / "conf" / "patches" / "queue.yaml"
TWO, FOUR, TEN = 2, 4, 10
"""Patches of one loaded CT: as many as a batch; as in MONAI's tutorials; as in TorchIO's documentation."""
QUEUED_CTS = {"raw": 8, "prepared": sum(CASES.values())}
"""A shorter queue where a CT takes a second, which helps TorchIO: the first batch waits for the whole of it."""

LEAN = Way(
    OURS,
    "kseg, lean",
    "ways.kseg_patches",
    "kseg",
    "each patch its own CT and augmentation; nnU-Net's intensities",
    {"patches": "lean"},
)

NNUNET = Way(
    "nnunet",
    "nnU-Net v2",
    "ways.nnunet",
    "nnunetv2",
    "its own loader, transforms and augmenter; each patch its own CT and augmentation",
)


def _queue() -> Way:
    """As the YAML has it."""
    chosen = OmegaConf.load(QUEUE_YAML)
    return Way(
        "queue",
        "kseg, queue",
        "ways.kseg_patches",
        "kseg",
        f"{chosen.samples_per_volume} patches share a CT and its augmentation; nnU-Net's intensities",
        {"patches": "queue"},
        NEAREST,
        str(chosen.samples_per_volume),
        cycle=chosen.samples_per_volume * chosen.volumes_in_queue,
    )


def _monai(dataset: str, title: str, labels: str) -> Way:
    return Way(
        f"monai_{dataset}{_ending(labels)}",
        f"MONAI {title}",
        "ways.monai_datasets",
        "monai",
        f"{TWO} patches share a CT, each augmented by itself, corners made up from its border; all intensities",
        {"dataset": dataset, "labels": labels, "per_volume": TWO},
        labels,
        str(TWO),
    )


def _torchio(files: str, per_volume: int, labels: str) -> Way:
    length = per_volume * QUEUED_CTS[files]
    return Way(
        f"torchio_{files}{_ending(labels) if per_volume == TWO else f'_{per_volume}'}",
        f"TorchIO Queue, {files} files",
        "ways.torchio_queue",
        "torchio",
        f"{per_volume} patches share a CT and its augmentation; noise, blur, low resolution, gamma",
        {"files": files, "labels": labels, "per_volume": per_volume, "queue_length": length},
        labels,
        str(per_volume),
        cycle=length,
    )


def _ending(labels: str) -> str:
    return f"_{NEAREST}" if labels == NEAREST else ""


MONAI_PLAIN = Way(
    "monai_cache_plain",
    "MONAI CacheDataset, as in its tutorials",
    "ways.monai_datasets",
    "monai",
    f"the cache copied, indices not cached; {FOUR} patches share a CT, each augmented by itself; all intensities",
    {"dataset": "cache_plain", "labels": NEAREST, "per_volume": FOUR},
    NEAREST,
    str(FOUR),
    cycle=FOUR,
)


def main_ways() -> list[Way]:
    """Those of the main table."""
    monai = [_monai("cache", "CacheDataset", LINEAR), MONAI_PLAIN, _monai("persistent", "PersistentDataset", LINEAR)]
    return [LEAN, _queue(), NNUNET, *monai, *(_torchio(files, TWO, LINEAR) for files in QUEUED_CTS)]


def further_ways() -> list[Way]:
    """Peers with labels that are not as good, which is faster, and with more patches of a CT."""
    monai = [_monai("cache", "CacheDataset", NEAREST), _monai("persistent", "PersistentDataset", NEAREST)]
    return [*monai, *(_torchio(files, per_volume, NEAREST) for per_volume in (TWO, TEN) for files in QUEUED_CTS)]
