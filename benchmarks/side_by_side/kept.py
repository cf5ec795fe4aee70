"""One batch, as often as a training asks for it: what a step takes without data."""

from __future__ import annotations

from typing import Any

from torch.utils.data import Dataset


class KeptBatch(Dataset[dict[str, Any]]):
    """One batch, again and again."""

    def __init__(self, batch: dict[str, Any], steps: int) -> None:
        self.batch, self.steps = batch, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> dict[str, Any]:
        """The batch."""
        return self.batch
