"""In which precision is this machine fast?"""

from __future__ import annotations

from typing import Any

import torch

BF16_WHERE_FAST = "bf16-where-fast"
"""What a config says in place of one of Lightning's precisions to leave it to the machine."""

BF16_ON_GPU = "bf16-on-gpu"
"""The same for networks that processors compute faster in float32, also where they compute bfloat16."""

PRECISIONS = ("64-true", "32-true", "16-true", "16-mixed", "bf16-true", "bf16-mixed", "64", "32", "16", "bf16")
"""Lightning's, but for those that need NVIDIA's Transformer Engine."""

FAST_AT_BF16 = ("amx_bf16", "bf16")
"""PyTorch's names of what a processor needs for it, the last on ARM.

With `avx512_bf16` alone, a step of each tiny network took 1.1 to 2.1 times as long as in float32; with nothing,
bfloat16 is emulated, and convolutions take ten times as long.
"""


def bf16_is_fast(accelerator: str = "auto") -> bool:
    """Tell whether bfloat16 is computed faster than float32.

    Args:
        accelerator: In Lightning's words; whatever is not `cpu` means a GPU if there is one.

    Returns:
        Whether it is.
    """
    if _finds_gpu(accelerator):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: dict[str, Any] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # older versions of PyTorch cannot tell
    return any(capabilities.get(name, False) for name in FAST_AT_BF16)


def is_precision(precision: Any) -> bool:
    """Whether a setting is one of `PRECISIONS`, as a word or a number."""
    return type(precision) in (str, int) and str(precision) in PRECISIONS


def settled_precision(precision: Any, accelerator: str) -> Any:
    """Put one of Lightning's precisions in the place of `BF16_WHERE_FAST` or `BF16_ON_GPU`; any other stays as it is.

    Args:
        precision: As configured.
        accelerator: See `bf16_is_fast`.

    Returns:
        In Lightning's words.
    """
    if precision not in (BF16_WHERE_FAST, BF16_ON_GPU):
        return precision
    too_slow = precision == BF16_ON_GPU and not _finds_gpu(accelerator)
    return "bf16-mixed" if bf16_is_fast(accelerator) and not too_slow else "32-true"


def with_settled_precision(trainer: dict[str, Any]) -> dict[str, Any]:
    """Settle a trainer's settings for this machine, whatever its precision leaves open."""
    return {**trainer, "precision": settled_precision(trainer["precision"], trainer["accelerator"])}


def _finds_gpu(accelerator: str) -> bool:
    return accelerator != "cpu" and torch.cuda.is_available()


def precision_for_prediction(precision: Any) -> Any:
    """Leave 16 bits out on machines that are slow at them: a network trained in them predicts the same without.

    Args:
        precision: Of the training.

    Returns:
        In Lightning's words.
    """
    slow = not bf16_is_fast() if str(precision).startswith("bf16") else not torch.cuda.is_available()
    return "32-true" if "16" in str(precision) and slow else precision
