"""Several runs made comparable: folds put together to one cohort, seeds averaged, the same patients in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kseg.errors import InputError
from kseg.stats.sample import named


@dataclass(frozen=True)
class RunScores:
    """The scores of one run's test patients.

    Args:
        setting: What the run shares with its other seeds and folds; settings are what is compared.
        seed: Of the training.
        scores: As in metrics.csv, a row a patient, structure and metric.
    """

    setting: str
    seed: int
    scores: pd.DataFrame


def pooled(runs: Sequence[RunScores]) -> pd.DataFrame:
    """Put folds together, then average seeds.

    The runs of one setting and seed are its folds: together they test every patient once. Only then is a patient's
    score averaged over the seeds.

    Args:
        runs: Of two settings or more.

    Returns:
        Columns setting, case_id, group, structure, metric, value (the mean over seeds; NaN if it is NaN in any of them)
        and seeds.

    Raises:
        InputError: A setting and seed test a patient twice, or the settings or their seeds test different patients.
    """
    whole = {}
    problems = []
    for (setting, seed), parts in _by_setting_and_seed(runs).items():
        table = pd.concat(parts, ignore_index=True)
        twice = table[table.duplicated(["case_id", "structure", "metric"])]["case_id"]
        if len(twice):
            problems.append(f"{setting}, seed {seed}: tests {named(twice)} twice; give each fold once")
        whole[setting, seed] = table
    problems += _unpaired(
        {f"{setting}, seed {seed}": set(table["case_id"]) for (setting, seed), table in whole.items()}
    )
    if problems:
        raise InputError(problems)
    everything = pd.concat([table.assign(setting=setting, seed=seed) for (setting, seed), table in whole.items()])
    keys = ["setting", "case_id", "group", "structure", "metric"]
    averaged = everything.groupby(keys, sort=False, dropna=False)["value"]
    return averaged.agg(value=lambda values: values.mean(skipna=False), seeds="size").reset_index()


def _by_setting_and_seed(runs: Sequence[RunScores]) -> dict[tuple[str, int], list[pd.DataFrame]]:
    parts: dict[tuple[str, int], list[pd.DataFrame]] = {}
    for run in runs:
        parts.setdefault((run.setting, run.seed), []).append(run.scores)
    return parts


def _unpaired(patients: dict[str, set[str]]) -> list[str]:
    first, *others = patients
    problems = []
    for other in others:
        for one, more in ((first, other), (other, first)):
            if only := sorted(patients[one] - patients[more]):
                problems.append(f"{named(only)}: tested by {one}, not by {more}; runs are compared patient by patient")
    return problems
