"""Which finished runs are compared, and what did each score?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kseg.errors import InputError
from kseg.evaluation.run_tables import cohort_of, patients_of
from kseg.labels import BOTH_SIDES
from kseg.report.runs_table import FinishedRun
from kseg.report.tables import read_table
from kseg.runs.folder import RunFolder
from kseg.runs.jobs_table import jobs_of, round_of, setting_of, telling_names
from kseg.stats.patients import average_cases, with_absolute_errors
from kseg.stats.pooling import Round, RunScores


@dataclass(frozen=True)
class TestedRun:
    """A finished run.

    Args:
        folder: Its own.
        name: What tells it apart from the others.
        chosen: The validation by which its checkpoint was chosen; NaN without one.
        seed: Of the training.
        draw: How its patients were dealt; "" where all runs dealt them alike.
    """

    folder: RunFolder
    name: str
    chosen: float
    seed: int
    draw: str

    @property
    def setting(self) -> str:
        """Its name without what makes it a seed or a fold."""
        return setting_of(self.name)

    def scores(self) -> RunScores:
        """Its scores, one a patient: both kidneys together, several CTs averaged, errors in size too."""
        metrics = with_absolute_errors(read_table(self.folder.metrics))
        patients = average_cases(metrics, patients_of(cohort_of(self.folder)))
        return RunScores(self.setting, self.seed, patients[patients["side"] == BOTH_SIDES], self.draw)

    def cases(self) -> RunScores:
        """Its scores as they stand in metrics.csv, errors in size too."""
        return RunScores(self.setting, self.seed, with_absolute_errors(read_table(self.folder.metrics)), self.draw)


def tested_runs(folders: Sequence[RunFolder]) -> list[TestedRun]:
    """Read which of these runs are finished; tell which are not.

    Args:
        folders: Of runs.

    Returns:
        The finished ones, in their order.

    Raises:
        InputError: None is.
    """
    jobs = jobs_of([run.path for run in folders])
    named = list(zip(jobs, telling_names(jobs), strict=True))
    for job, name in named:
        if not job.is_finished:
            print(f"left out, {job.state}: {name}")
    finished = [(job, name) for job, name in named if job.is_finished]
    if not finished:
        raise InputError("none of these runs is finished")
    draws = {job.draw for job, _ in finished}
    return [
        TestedRun(job.folder, name, job.objective[1], job.seed, job.draw if len(draws) > 1 else "")
        for job, name in finished
    ]


def rows_of(rounds: Sequence[Round], runs: Sequence[TestedRun]) -> list[FinishedRun]:
    """Make of every round what stands as a row in the table of runs: the folds of one cross-validation are one.

    Args:
        rounds: Of the runs.
        runs: In the order that the rounds count by.
    """
    rows = []
    for one in rounds:
        parts = [runs[place] for place in one.parts]
        name = parts[0].name if len(parts) == 1 else round_of(parts[0].name)
        chosen = sum(part.chosen for part in parts) / len(parts)
        rows.append(FinishedRun(name, chosen, one.scores, one.seed, one.setting, len(parts)))
    return rows
