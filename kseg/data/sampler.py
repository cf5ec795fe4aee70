"""Which patch is drawn next: a patient by group, then a place by structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Sampler

from kseg.errors import InputError

ANYWHERE = "anywhere"
NO_GROUP = ""
PLAN, PATCH = 0, 1
"""Streams of random numbers that never meet: an epoch's plan, and what happens to each patch."""


@dataclass(frozen=True)
class Draw:
    """One patch to be cut.

    Args:
        case: Index into the training cases.
        place: The structure on which the patch lies, or `anywhere`.
        seed: Of everything random about this patch; no other patch of the training has it.
    """

    case: int
    place: str
    seed: tuple[int, int, int, int]


class GroupSampler(Sampler[Draw]):
    """Draws that respect the groups: over an epoch each group and each place gets its share, exact to one patch.

    A pure function of (seed, epoch, rank, index), of equal length on every rank. Within a group, patients take turns.
    Cases without a group are drawn as often as their share of the cohort says; the groups divide what is left.

    Args:
        groups: The group of each training case, "" where it has none.
        group_shares: `equal`, `cohort` (as many as each group has cases), or a weight a group.
        place_shares: A weight for each structure and for `anywhere`.
        length: Patches an epoch, over all ranks; rounded down to a multiple of their number.
        seed: Of the whole training.
        rank: This process.
        ranks: How many there are.

    Raises:
        InputError: There is no case, or a weight is missing, negative or all are zero.
    """

    def __init__(
        self,
        groups: Sequence[str],
        *,
        group_shares: str | Mapping[str, float],
        place_shares: Mapping[str, float],
        length: int,
        seed: int,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        if not groups:
            raise InputError("there is no case to train on; give the split `train` at least one patient")
        self.cases_of = {group: np.flatnonzero(np.array(groups) == group) for group in sorted(set(groups))}
        self.group_weights = _group_weights(self.cases_of, group_shares)
        self.place_weights = _checked_weights(place_shares, "patches.place_shares")
        self.length = length - length % ranks
        self.seed, self.rank, self.ranks = seed, rank, ranks
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose draws come next; Lightning calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length // self.ranks

    def __iter__(self) -> Iterator[Draw]:
        cases, places = self._plan()
        for index in range(self.rank, self.length, self.ranks):
            yield Draw(int(cases[index]), str(places[index]), (self.seed, PATCH, self.epoch, index))

    def _plan(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw the whole epoch, the same on every rank; each rank then takes its own part."""
        random = np.random.default_rng((self.seed, PLAN, self.epoch))
        groups = _shuffled_shares(self.group_weights, self.length, random)
        places = _shuffled_shares(self.place_weights, self.length, random)
        cases = np.empty(self.length, int)
        for group, members in self.cases_of.items():
            drawn = groups == group
            cases[drawn] = _take_turns(members, int(drawn.sum()), random)
        return cases, places


def _group_weights(cases_of: Mapping[str, np.ndarray], shares: str | Mapping[str, float]) -> dict[str, float]:
    """A weight a group; cases without a group are as likely as any case is, and the groups share the rest."""
    cases = sum(len(members) for members in cases_of.values())
    without_group = len(cases_of.get(NO_GROUP, ()))
    groups = {group: len(members) for group, members in cases_of.items() if group != NO_GROUP}
    weights = _shares_of(groups, shares) if groups else {}
    weight_of_all = cases / (cases - without_group) * sum(weights.values()) if groups else 1.0
    return weights | ({NO_GROUP: weight_of_all * without_group / cases} if without_group else {})


def _shares_of(groups: Mapping[str, int], shares: str | Mapping[str, float]) -> dict[str, float]:
    if shares == "equal":
        return dict.fromkeys(groups, 1.0)
    if shares == "cohort":
        return {group: float(members) for group, members in groups.items()}
    if isinstance(shares, str):
        raise InputError(f"patches.group_shares is {shares!r}; it must be equal, cohort, or a weight for every group")
    unknown = sorted(set(groups) - set(shares))
    if unknown:
        raise InputError(f"patches.group_shares has no weight for the group {', '.join(unknown)}; add one")
    return _checked_weights({group: shares[group] for group in groups}, "patches.group_shares")


def _checked_weights(weights: Mapping[str, float], name: str) -> dict[str, float]:
    if min(weights.values(), default=0) < 0 or not sum(weights.values()) > 0:
        raise InputError(f"{name} is {dict(weights)}; no weight may be negative, and one must be above zero")
    return dict(weights)


def _shuffled_shares(weights: Mapping[str, float], length: int, random: np.random.Generator) -> np.ndarray:
    """Each name as often as its weight says, exact to one by largest remainder, in random order."""
    exact = np.array(list(weights.values())) / sum(weights.values()) * length
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: length - counts.sum()]] += 1
    return random.permutation(np.repeat(list(weights), counts))


def _take_turns(members: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Every member equally often, exact to one, in random order."""
    rounds = [random.permutation(members) for _ in range(-(-count // len(members)))]
    return np.concatenate([*rounds, members[:0]])[:count]
