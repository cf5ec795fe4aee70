"""How far is an answer from the outlines: by the overlap of structures, and voxel by voxel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kseg.errors import InputError
from kseg.models.targets import CORTEX, MEDULLA, Either, class_shares, folded, told_apart


class OverlapAndVoxels(nn.Module):
    """A weighted sum of two losses, both of them MONAI's or PyTorch's own.

    Cases without an outline of the cortex teach the parenchyma alone: they are left out of the overlap of each
    structure that divides it, see `told_apart`; voxelwise they teach that a voxel is one or the other, see `folded`.

    Args:
        overlap: From probabilities of structures and the structures themselves, both (B, S, X, Y, Z), to a number: a
            loss without an activation of its own, such as `monai.losses.DiceLoss`.
        voxelwise: From logits of the classes and the classes' shares, both (B, 3, X, Y, Z), to a number, such as
            `torch.nn.CrossEntropyLoss`; None leaves it out.
        overlap_weight: Of the first.
        voxelwise_weight: Of the second.

    Raises:
        InputError: The overlap would turn probabilities into probabilities once more, or leave out a structure.
    """

    def __init__(
        self, overlap: nn.Module, voxelwise: nn.Module | None, *, overlap_weight: float, voxelwise_weight: float
    ) -> None:
        super().__init__()
        _check_overlap(overlap)
        self.overlap, self.voxelwise = overlap, voxelwise
        self.overlap_weight, self.voxelwise_weight = overlap_weight, voxelwise_weight

    def forward(
        self,
        logits: Tensor,
        label_map: Tensor,
        structures: Sequence[Sequence[int]],
        either: Either = torch.logaddexp,
    ) -> Tensor:
        """The loss of a batch.

        Args:
            logits: Of the classes, float32, shape (B, 3, X, Y, Z).
            label_map: Integers of `Label`, shape (B, 1, X, Y, Z).
            structures: Which overlap is taught, each as its classes, see `Objective`.
            either: How undivided voxels are taught, see `Objective`.

        Returns:
            A number.
        """
        return self.parts(logits, label_map, structures, either).sum()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parts."""
        return ("overlap",) if self.voxelwise is None else ("overlap", "voxelwise")

    def parts(
        self,
        logits: Tensor,
        label_map: Tensor,
        structures: Sequence[Sequence[int]],
        either: Either = torch.logaddexp,
    ) -> Tensor:
        """The losses that are added up, weighted, in the order of `names`: shape (parts,); see `forward`."""
        shares, judged = class_shares(label_map), told_apart(label_map)
        said, drawn = (_joined(of, structures, judged) for of in (logits.softmax(1), shares))
        parts = [self.overlap_weight * self.overlap(said, drawn)]
        if self.voxelwise is not None:
            parts.append(self.voxelwise_weight * self.voxelwise(folded(logits, label_map, either), shares))
        return torch.stack(parts)


def _joined(classes: Tensor, structures: Sequence[Sequence[int]], judged: Tensor) -> Tensor:
    """The share of each structure at each voxel; none where the structure cannot be judged."""
    joined = []
    for structure in structures:
        share = sum((classes[:, one : one + 1] for one in structure[1:]), classes[:, structure[0] : structure[0] + 1])
        joined.append(share if {MEDULLA, CORTEX} <= set(structure) else share * judged)
    return torch.cat(joined, 1)


def _check_overlap(overlap: nn.Module) -> None:
    unfit = {"softmax": True, "sigmoid": True, "to_onehot_y": True, "include_background": False}
    given = [
        f"model.loss.overlap.{name}={value}" for name, value in unfit.items() if getattr(overlap, name, None) == value
    ]
    if given:
        raise InputError(
            f"{', '.join(given)} does not fit: it is given probabilities of structures, without background"
        )
