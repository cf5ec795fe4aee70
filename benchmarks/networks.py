"""What do bf16, channels-last and torch.compile bring to each network's training step on a GPU?"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from rich.console import Console
from side_by_side.table import show
from ways.kseg_patches import CONF

from kseg.models.segmentation import SegmentationModule

WARM_UP, STEPS = 4, 12
DEVICE = torch.device("cuda")


BF16, CHANNELS_LAST, COMPILED = "bf16", "channels-last", "compiled"
PLAIN = "fp32"
WAYS = (
    PLAIN,
    BF16,
    f"{BF16} {CHANNELS_LAST}",
    f"{BF16} {CHANNELS_LAST} {COMPILED}",
    f"{BF16} {COMPILED}",
)
HEADING = ["network", "step", "patches a second", "it / the first", "peak, GB"]


def main() -> None:
    """Measure one after the other, and tell each as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default="unet,dynunet,segresnet,unetr")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--size", type=int, default=128, help="voxels of a patch along each axis")
    parser.add_argument("--batch", type=int, default=2)
    asked, console, rows = parser.parse_args(), Console(soft_wrap=True), []
    for network in asked.networks.split(","):
        plain = None
        for way in asked.ways.split(","):
            seconds, peak_gb = _measured(network, way, asked.size, asked.batch)
            plain = plain or seconds
            rate, ratio = f"{asked.batch / seconds:.1f}", f"{plain / seconds:.2f}"
            rows.append([network, way, rate, ratio, f"{peak_gb:.1f}"])
            console.print(" | ".join(rows[-1]))
    show([HEADING, *rows], console)
    console.print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {asked.batch} patches of {asked.size}^3")


def _measured(network: str, way: str, size: int, batch: int) -> tuple[float, float]:
    torch.compiler.reset()
    torch.cuda.empty_cache()
    overrides = [f"model={network}", f"patches.patch_size=[{size},{size},{size}]"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*overrides, f"model.channels_last={CHANNELS_LAST in way}"])
    torch.backends.cudnn.benchmark = config.trainer.benchmark
    module: SegmentationModule = instantiate(config.model, _convert_="all")
    module.to(DEVICE)
    if COMPILED in way:
        module.network.compile()
    optimizer = module.optimizer(module.network.parameters())
    ct = torch.randn(batch, 1, size, size, size, device=DEVICE)
    label_map = torch.randint(3, (batch, 1, size, size, size), device=DEVICE, dtype=torch.uint8)
    torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(WARM_UP + STEPS):
        torch.cuda.synchronize()
        began = perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16, enabled=BF16 in way):
            loss = module.loss_of_patches(ct, label_map)
        loss.backward()
        optimizer.step()
        torch.cuda.synchronize()
        seconds.append(perf_counter() - began)
    return median(seconds[WARM_UP:]), torch.cuda.max_memory_allocated() / 1e9


if __name__ == "__main__":
    main()
