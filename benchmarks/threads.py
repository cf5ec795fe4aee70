"""What does a training step take beside a busy neighbour, with PyTorch's way to wait for threads and with kseg's?"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from side_by_side.table import show

ROOT = Path(__file__).resolve().parents[1]
STEPS = """
import os, sys
from statistics import median
from time import perf_counter
if sys.argv[1] == "kseg":
    from kseg.models.threads import wait_briefly
    wait_briefly()
from kseg.models.allocator import keep_large_blocks
keep_large_blocks()
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
with initialize_config_dir(os.path.join(os.getcwd(), "conf"), version_base="1.3"):
    network = instantiate(compose("train").model.network, _convert_="all")
ct, label_map = torch.randn(2, 1, 96, 96, 32), torch.randint(3, (2, 96, 96, 32))
optimizer, seconds = torch.optim.AdamW(network.parameters()), []
for _ in range(12):
    began = perf_counter()
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(ct), label_map).backward()
    optimizer.step()
    seconds.append(perf_counter() - began)
print(median(seconds[2:]))
"""


def main() -> None:
    """Take turns: alone and beside a neighbour, each way in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds, console = parser.parse_args().rounds, Console()
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for way in ("torch", "kseg"):
            seconds.setdefault(("alone", way), []).append(step_s(way))
            with busy_neighbour():
                seconds.setdefault(("beside a busy process", way), []).append(step_s(way))
    rows = [
        [where, *(f"{median(seconds[where, way]):.2f}" for way in ("torch", "kseg")), f"{ratio(seconds, where):.1f}"]
        for where in ("alone", "beside a busy process")
    ]
    show([["training step, s", "PyTorch's", "kseg's", "PyTorch's / kseg's"], *rows], console)
    console.print(f"{os.cpu_count()} processors, fp32, median of {rounds} rounds")


def step_s(way: str) -> float:
    """Time steps of the default network in a fresh process: the median in seconds."""
    undecided = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    ran = subprocess.run(
        [sys.executable, "-c", STEPS, way], cwd=ROOT, env=undecided, capture_output=True, text=True, check=True
    )
    return float(ran.stdout)


def ratio(seconds: dict[tuple[str, str], list[float]], where: str) -> float:
    """PyTorch's over kseg's, within each round, the median."""
    return median(a / b for a, b in zip(seconds[where, "torch"], seconds[where, "kseg"], strict=True))


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """A process that keeps one processor busy meanwhile."""
    neighbour = multiprocessing.Process(target=_spin, daemon=True)
    neighbour.start()
    try:
        yield
    finally:
        neighbour.kill()
        neighbour.join()


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    main()
