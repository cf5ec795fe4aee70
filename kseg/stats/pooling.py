"""Several runs made comparable: folds put together to one cohort, seeds averaged, the same patients in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kseg.errors import InputError
from kseg.stats.sample import named

KEYS = ("case_id", "structure", "metric")
ROUND_COLUMNS = ("setting", "round", "case_id", "group", "structure", "metric", "value")


@dataclass(frozen=True)
class RunScores:
    """The scores of one run's test patients.

    Args:
        setting: What the run shares with its other seeds and folds; settings are what is compared.
        seed: Of the training.
        scores: As in metrics.csv, a row a patient, structure and metric.
        draw: How the patients were dealt to folds; the folds of one draw test every patient once.
    """

    setting: str
    seed: int
    scores: pd.DataFrame
    draw: str = ""


@dataclass(frozen=True)
class Round:
    """One time that every patient is tested: a run, or the folds of one cross-validation.

    Args:
        setting: Which setting was tested.
        seed: Of the training.
        draw: Of the folds.
        parts: The places of its runs among all.
        scores: Out of fold: of all its patients.
    """

    setting: str
    seed: int
    draw: str
    parts: tuple[int, ...]
    scores: pd.DataFrame

    @property
    def name(self) -> str:
        """What an error calls it."""
        return f"{self.setting}, seed {self.seed}" + (f", {self.draw}" if self.draw else "")


def rounds_of(runs: Sequence[RunScores]) -> list[Round]:
    """Put the folds of each setting, seed and draw together; seeds are rounds of their own, and so are repeats.

    Args:
        runs: In any order.

    Returns:
        The rounds, in the order of their first runs. Runs of one setting, seed and draw that test a patient twice are
        no folds: each stays a round.
    """
    by_round: dict[tuple[str, int, str], list[int]] = {}
    for place, run in enumerate(runs):
        by_round.setdefault((run.setting, run.seed, run.draw), []).append(place)
    rounds = []
    for key, places in by_round.items():
        together = pd.concat([runs[place].scores for place in places], ignore_index=True)
        if together.duplicated(_keys(together)).any():
            rounds += [Round(*key, (place,), runs[place].scores) for place in places]
        else:
            rounds.append(Round(*key, tuple(places), together))
    return rounds


def paired_rounds(rounds: Sequence[Round]) -> pd.DataFrame:
    """Stack the rounds of all settings, which must test the same patients.

    Args:
        rounds: From `rounds_of`.

    Returns:
        `ROUND_COLUMNS`: a row a setting, round, patient, structure and metric; rounds are numbered within a setting.

    Raises:
        InputError: A round is there twice, the rounds test different patients, or a patient's group is not the same in
            all of them.
    """
    problems = _doubled(rounds)
    if not problems:
        problems = _unpaired(rounds) + _regrouped(rounds)
    if problems:
        raise InputError(problems)
    count: dict[str, int] = {}
    tables = []
    for one in rounds:
        count[one.setting] = count.get(one.setting, 0) + 1
        tables.append(one.scores.assign(setting=one.setting, round=count[one.setting]))
    return pd.concat(tables, ignore_index=True)[list(ROUND_COLUMNS)]


def over_rounds(table: pd.DataFrame) -> pd.DataFrame:
    """Average a patient's score over the seeds and repeats of a setting.

    Args:
        table: From `paired_rounds`.

    Returns:
        Columns setting, case_id, group, structure, metric, value (the mean; NaN if it is NaN in any round) and seeds,
        over how many rounds.
    """
    keys = ["setting", "case_id", "group", "structure", "metric"]
    return mean_of_all(table, keys, count="seeds")


def mean_of_all(table: pd.DataFrame, keys: Sequence[str], *, count: str = "", of: str = "value") -> pd.DataFrame:
    """Average a column over the rows that share the keys; the mean is missing where any of its values is.

    Args:
        table: With the keys and the column.
        keys: By which rows belong together.
        count: How to call the column that counts the rows; none where "".
        of: The column.

    Returns:
        A row a combination of keys, in their first order.
    """
    grouped = table.groupby(list(keys), sort=False, dropna=False)[of]
    complete = grouped.count() == grouped.size()
    averaged = grouped.mean().where(complete, np.nan).rename(of).to_frame()
    return (averaged.assign(**{count: grouped.size()}) if count else averaged).reset_index()


def _keys(table: pd.DataFrame) -> list[str]:
    return [*KEYS, *(column for column in ("side",) if column in table)]


def _doubled(rounds: Sequence[Round]) -> list[str]:
    problems = {}
    seen: dict[str, set[str]] = {}
    for one in rounds:
        patients = set(one.scores["case_id"])
        if twice := sorted(seen.get(one.name, set()) & patients):
            problems[one.name] = f"{one.name}: tests {named(twice)} twice; give each fold once"
        seen.setdefault(one.name, set()).update(patients)
    return list(problems.values())


def _unpaired(rounds: Sequence[Round]) -> list[str]:
    first, *others = rounds
    problems = []
    for other in others:
        for one, more in ((first, other), (other, first)):
            if only := sorted(set(one.scores["case_id"]) - set(more.scores["case_id"])):
                problems.append(
                    f"{named(only)}: tested by {one.name}, not by {more.name}; runs are compared patient by patient"
                )
    return problems


def _regrouped(rounds: Sequence[Round]) -> list[str]:
    groups = pd.concat([one.scores[["case_id", "group"]].fillna("") for one in rounds]).drop_duplicates()
    several = groups[groups.duplicated("case_id", keep=False)].groupby("case_id", sort=False)["group"]
    return [
        f"{patient}: in the groups {', '.join(own)} of different runs; runs are compared within the same groups"
        for patient, own in several
    ]
