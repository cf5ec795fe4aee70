"""Does a training fit into memory, and how long will it take?"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import psutil
import torch
from lightning import Fabric
from rich.console import Group, RenderableType
from rich.table import Table

from kseg.errors import InputError
from kseg.models.fitting import fit_to_patches
from kseg.models.segmentation import SegmentationModule
from kseg.models.sizing import StepSize, step_size

BATCH_SIZES = (1, 2, 4, 8, 16, 32)
STEPS, WARM_UP = 3, 1
MARGIN = 1.25
"""How much more memory a step may take than is told; up to a fifth more was measured on a GPU."""

WITHOUT_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED")


@dataclass(frozen=True)
class Plan:
    """What is to be trained with.

    Args:
        patch_size: Voxels along each axis.
        batch_size: Patches a step.
        patches_per_epoch: Of all steps of an epoch.
        precision: One of Lightning's.
        accelerator: In Lightning's words.
        processes: That train together, see `processes_of`.
        memory_gb: To fit into; what is free here, if None.

    Raises:
        InputError: The patch has no size yet.
    """

    patch_size: Sequence[int]
    batch_size: int
    patches_per_epoch: int
    precision: str
    accelerator: str
    processes: int = 1
    memory_gb: float | None = None

    def __post_init__(self) -> None:
        if not all(isinstance(length, int) for length in self.patch_size):
            raise InputError("patches.patch_size is left to the training cases; a dry run needs numbers, as [96,96,32]")

    @property
    def patch(self) -> str:
        """Such as 96 x 96 x 32."""
        return " x ".join(map(str, self.patch_size))


def dry_run(module: SegmentationModule, plan: Plan) -> RenderableType:
    """Tell what a training takes, and try a few steps of it if they fit, also into this machine.

    Args:
        module: As it would be trained.
        plan: With what.

    Returns:
        For the terminal: parameters, operations, memory for several batch sizes, the time of a step and of an epoch.
    """
    fit_to_patches(module, plan.patch_size)
    half = "16" in plan.precision
    fabric = _fabric(plan)
    here_gb = free_gb(fabric.device) if fabric else None
    room_gb = here_gb if plan.memory_gb is None else plan.memory_gb
    sizes = {
        batch: step_size(module, plan.patch_size, batch, half=half) for batch in sorted({*BATCH_SIZES, plan.batch_size})
    }
    chosen = sizes[plan.batch_size]
    lines = [
        f"{chosen.parameters / 1e6:.1f} M parameters, {chosen.flops_a_patch / 1e9:.0f} GFLOP a patch of {plan.patch}, "
        f"in {plan.precision}",
        _timed(
            module, plan, fabric, fits=_fits_into(chosen.memory_gb, room_gb) and _fits_into(chosen.memory_gb, here_gb)
        ),
    ]
    return Group(lines[0], _table(sizes, plan.batch_size, room_gb), lines[1])


def _fabric(plan: Plan) -> Fabric | None:
    """What a step is tried with; None where the plan is for GPUs, and this machine has none."""
    if plan.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        return None
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)  # it says that it uses what it was told to use
    return Fabric(accelerator=plan.accelerator, devices=1, precision=plan.precision)  # type: ignore[arg-type]


def free_gb(device: torch.device) -> float:
    """Memory that a device has left."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return free / 1e9


def processes_of(accelerator: str, devices: Any, nodes: int) -> int:
    """Count the processes that train together.

    Args:
        accelerator: In Lightning's words.
        devices: A number, their numbers, or what leaves it to the machine: `auto` or -1, every GPU, or one process.
        nodes: Machines.

    Returns:
        At least 1.
    """
    if isinstance(devices, list | tuple):
        return len(devices) * nodes
    if str(devices) in ("auto", "-1"):
        return max(1, torch.cuda.device_count() if accelerator != "cpu" else 1) * nodes
    return int(devices) * nodes


@contextmanager
def memory_watched(plan: Plan) -> Iterator[None]:
    """Say which setting to lower when memory runs out.

    Args:
        plan: What is trained with.

    Raises:
        InputError: Memory ran out.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError) and not any(said in str(error) for said in WITHOUT_MEMORY):
            raise
        raise InputError(
            f"memory ran out, with batches of {plan.batch_size} patches of {plan.patch}: set patches.batch_size lower "
            "(and trainer.accumulate_grad_batches higher, to learn from as many patches a step), or patches.patch_size "
            "smaller, or take a smaller model; dry_run=true tells what fits. If it was while a whole CT was outlined, "
            "set inference.sw_batch_size lower"
        ) from error


def _timed(module: SegmentationModule, plan: Plan, fabric: Fabric | None, *, fits: bool) -> str:
    if fabric is None:
        return "A step was not tried: it is for a GPU, and this machine has none"
    if not fits:
        return "A step was not tried: it would hardly fit into this machine's memory, or the one named"
    seconds = _step_s(module, plan, fabric)
    epoch = seconds * plan.patches_per_epoch / (plan.batch_size * plan.processes)
    return f"A step takes {seconds:.2f} s on this {fabric.device.type.upper().replace('CUDA', 'GPU')}, without waiting \
for data; an epoch of {plan.patches_per_epoch} patches {epoch:.0f} s"


def _step_s(module: SegmentationModule, plan: Plan, fabric: Fabric) -> float:
    module = module.to(fabric.device).train()
    if module.compiled:
        module.network.compile()
    optimizer = module.optimizer(module.network.parameters())
    ct = torch.rand(plan.batch_size, 1, *plan.patch_size, device=fabric.device)
    label_map = torch.randint(3, ct.shape, device=fabric.device, dtype=torch.uint8)
    seconds = []
    for _ in range(WARM_UP + STEPS):
        began = perf_counter()
        optimizer.zero_grad()
        with fabric.autocast():
            loss = module.loss_of_patches(ct, label_map)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss.item()  # a GPU is waited for
        seconds.append(perf_counter() - began)
    return median(seconds[WARM_UP:])


def _table(sizes: dict[int, StepSize], chosen: int, room_gb: float | None) -> Table:
    fits = "fits: give memory_gb" if room_gb is None else f"fits in {room_gb:.1f} GB"
    table = Table("patches.batch_size", "memory, GB", fits)
    for batch, size in sizes.items():
        row: tuple[Any, ...] = (f"{batch}", f"{size.memory_gb:.1f}", _fits(size.memory_gb, room_gb))
        table.add_row(*row, style="bold" if batch == chosen else None)
    return table


def _fits_into(memory_gb: float, room_gb: float | None) -> bool:
    return room_gb is not None and memory_gb * MARGIN < room_gb


def _fits(memory_gb: float, room_gb: float | None) -> str:
    if room_gb is None:
        return ""
    if _fits_into(memory_gb, room_gb):
        return "yes"
    return "hardly" if memory_gb < room_gb else "no"
