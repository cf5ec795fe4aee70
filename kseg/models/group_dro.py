"""How is a network taught to be good for the group for which it is worst?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kseg.errors import InputError


class GroupDRO(nn.Module):
    """Weighs each group's loss by how large it has been: group distributionally robust optimisation.

    Sagawa et al., ICLR 2020, algorithm 1: a group's weight is multiplied by exp(step_size * loss) at every step, and
    the weights are brought back to a sum of one. They are kept in the checkpoint. The paper draws groups
    alike; one that is drawn more often than others (`patches.group_shares=cohort`) gains weight by that alone.

    Args:
        groups: Their names.
        step_size: How fast the weights move; 0.01 in the paper.

    Raises:
        InputError: There are no groups.
    """

    weights: Tensor

    def __init__(self, groups: Sequence[str], step_size: float) -> None:
        super().__init__()
        if not groups:
            raise InputError("model.group_weights needs groups; cohort.cut_points names none")
        self.groups, self.step_size = tuple(groups), step_size
        self.register_buffer("weights", torch.full([len(self.groups)], 1 / len(self.groups)))

    def indices(self, groups: Sequence[str]) -> Tensor:
        """Number the groups of a batch's patches; a patch of no group is -1. Shape (B,)."""
        return torch.tensor([self.groups.index(group) if group else -1 for group in groups])

    def update(self, losses: Tensor, indices: Tensor) -> None:
        """Move the weights by what the patches of all processes have lost.

        Args:
            losses: Of each patch, without gradient, shape (B,); one that is not finite moves nothing.
            indices: Their groups, see `indices`, shape (B,).
        """
        theirs = indices == torch.arange(len(self.groups), device=indices.device)[:, None]
        means = (theirs * losses.nan_to_num(0.0, 0.0, 0.0)).sum(1) / theirs.sum(1).clamp_min(1)  # 0 without a patch
        self.weights *= torch.exp(self.step_size * means)
        self.weights /= self.weights.sum()

    def forward(self, losses: Tensor, indices: Tensor) -> Tensor:
        """The weighted mean of this process's losses; at equal weights, their mean.

        Args:
            losses: Of each patch, shape (B,).
            indices: Their groups, see `indices`, shape (B,).

        Returns:
            A number. A patch of no group weighs as at equal weights.
        """
        weighed = self.weights[indices.clamp_min(0)] * len(self.groups)
        return (torch.where(indices < 0, 1.0, weighed) * losses).mean()
