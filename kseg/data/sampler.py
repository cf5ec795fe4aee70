"""Which patch is drawn next: a patient by group, then a place by structure?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class Drawn:
    """How many patches of an epoch were drawn, over all ranks.

    Args:
        groups: By the patient's group.
        places: By the structure that was asked for, or `anywhere`; empty where nobody knows. A case that lacks the
            structure gives its parenchyma instead.
        patients: By patient; also those of whom none was drawn.
    """

    groups: dict[str, int]
    places: dict[str, int]
    patients: dict[str, int]

    def __str__(self) -> str:
        total, per_patient = sum(self.groups.values()), self.patients.values()
        shares = [
            ", ".join(f"{count} {name or 'without a group'}" for name, count in counts.items())
            for counts in (self.groups, self.places)
            if counts
        ]
        return f"{total} patches: {'; '.join(shares)}; {min(per_patient)} to {max(per_patient)} a patient"


class GroupSampler(Sampler[Draw]):
    """Draws that respect the groups: over an epoch each group and each place gets its share, exact to one patch.

    A pure function of (seed, epoch, rank, index), of equal length on every rank. Within a group, patients take turns,
    and so do the CTs of a patient. Cases without a group are drawn as often as their share of the cohort says; the
    groups divide what is left.

    Args:
        groups: The group of each training case, "" where it has none.
        patients: Whose CT each training case is; by default every case is a patient of its own.
        group_shares: `equal`, `cohort` (as many as each group has cases), or a weight a group.
        place_shares: A weight for each structure and for `anywhere`.
        length: Patches an epoch, over all ranks; rounded down to a multiple of their number.
        seed: Of the whole training.
        rank: This process.
        ranks: How many there are.
        progress: Tells how many patches of the whole training have been used, over all ranks: draws then begin with the
            next one, in the epoch to which it belongs.

    Raises:
        InputError: There is no case, or a weight is missing, negative or all are zero.
    """

    def __init__(
        self,
        groups: Sequence[str],
        *,
        patients: Sequence[str] | None = None,
        group_shares: str | Mapping[str, float],
        place_shares: Mapping[str, float],
        length: int,
        seed: int,
        rank: int = 0,
        ranks: int = 1,
        progress: Callable[[], int] = lambda: 0,
    ) -> None:
        if not groups:
            raise InputError("there is no case to train on; give the split `train` at least one patient")
        self.groups = np.array(groups)
        self.patients = np.arange(len(groups)).astype(str) if patients is None else np.array(patients)
        self.cases_of = {group: np.flatnonzero(self.groups == group) for group in sorted(set(groups))}
        self.group_weights = _group_weights(self.cases_of, group_shares)
        self.place_weights = _checked_weights(place_shares, "patches.place_shares")
        self.length = length - length % ranks
        self.seed, self.rank, self.ranks = seed, rank, ranks
        self.progress = progress

    def __len__(self) -> int:
        """How many draws an epoch has on each rank, also if it begins in its middle."""
        return self.length // self.ranks

    def __iter__(self) -> Iterator[Draw]:
        epoch, used = divmod(self.progress(), max(1, self.length))
        cases, places = self._plan(epoch)
        for index in range(used + self.rank, self.length, self.ranks):
            yield Draw(int(cases[index]), str(places[index]), (self.seed, PATCH, epoch, index))

    def drawn(self, epoch: int, patches: int | None = None) -> Drawn:
        """Count what is drawn in an epoch.

        Args:
            epoch: The epoch.
            patches: How many of it, over all ranks; None for all.

        Returns:
            The counts.
        """
        cases, places = (drawn[:patches] for drawn in self._plan(epoch))
        return Drawn(
            groups=_counted(self.groups[cases], list(self.cases_of)),
            places=_counted(places, list(self.place_weights)),
            patients=_counted(self.patients[cases], list(dict.fromkeys(self.patients.tolist()))),
        )

    def _plan(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw the whole epoch, the same on every rank; each rank then takes its own part."""
        random = np.random.default_rng((self.seed, PLAN, epoch))
        groups = _shuffled_shares(self.group_weights, self.length, random)
        places = _shuffled_shares(self.place_weights, self.length, random)
        cases = np.empty(self.length, int)
        for group, members in self.cases_of.items():
            drawn = np.flatnonzero(groups == group)
            patients = _take_turns(np.unique(self.patients[members]), len(drawn), random)
            for patient in np.unique(patients):
                turns = drawn[patients == patient]
                cases[turns] = _take_turns(members[self.patients[members] == patient], len(turns), random)
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
    luck = random.permutation(len(exact))  # decides between equal remainders, so that none is ahead over the epochs
    counts[np.lexsort((luck, np.round(counts - exact, 9)))[: length - counts.sum()]] += 1
    return random.permutation(np.repeat(list(weights), counts))


def _take_turns(members: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Every member equally often, exact to one, in random order."""
    rounds = [random.permutation(members) for _ in range(-(-count // len(members)))]
    return np.concatenate([*rounds, members[:0]])[:count]


def _counted(drawn: np.ndarray, names: Sequence[str]) -> dict[str, int]:
    return {name: int((drawn == name).sum()) for name in names}
