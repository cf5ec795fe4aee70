"""What would one run have left behind that tested every patient of a cross-validation?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kseg.clinical.cohort import write_cohort
from kseg.evaluation.run_tables import cohort_of
from kseg.evaluation.tested import TestedRun
from kseg.report.tables import read_table, write_table
from kseg.runs.folder import RunFolder
from kseg.stats.pooling import Round, mean_of_all, paired_rounds, rounds_of

CASE_KEYS = ("case_id", "group", "side", "structure")


def write_whole(run: RunFolder, runs: Sequence[TestedRun]) -> None:
    """Write the tables of one setting's runs as if they were one: folds put together, seeds and repeats averaged.

    Args:
        run: Where to: metrics.csv, volumes.csv, cohort.csv of the test patients, and links to the first round's
            label maps.
        runs: Of one setting.

    Raises:
        InputError: The folds test a patient twice, or the seeds different patients.
    """
    rounds = rounds_of([one.cases() for one in runs])
    paired_rounds(rounds)
    scores = pd.concat([one.scores for one in rounds], ignore_index=True)
    write_table(run.metrics, mean_of_all(scores, [*CASE_KEYS, "metric"])[list(rounds[0].scores.columns)])
    if all(one.folder.volumes.is_file() for one in runs):
        write_table(run.volumes, _volumes(runs))
    first = [runs[place] for place in rounds[0].parts]
    cohorts = [cohort_of(one.folder) for one in first]
    write_cohort(run.cohort, pd.concat([cohort[cohort["split"] == "test"] for cohort in cohorts], ignore_index=True))
    _link_label_maps(run, first)


def told_as(runs: Sequence[TestedRun], rounds: Sequence[Round], name: str) -> dict[str, str]:
    """What a report says it was made of: a name, and the seeds.

    Args:
        runs: Of one setting.
        rounds: They make these.
        name: Of the sweep.
    """
    folds = max(len(one.parts) for one in rounds)
    made_of = [f"{folds} folds put together"] if folds > 1 else []
    made_of += [f"mean of {len(rounds)} trainings"] if len(rounds) > 1 else []
    return {"name": ", ".join([name, *made_of]), "seed": ", ".join(sorted({str(run.seed) for run in runs}))}


def _volumes(runs: Sequence[TestedRun]) -> pd.DataFrame:
    volumes = pd.concat([read_table(one.folder.volumes) for one in runs], ignore_index=True)
    reference, predicted = (mean_of_all(volumes, CASE_KEYS, of=column) for column in ("reference_ml", "predicted_ml"))
    return reference.assign(predicted_ml=predicted["predicted_ml"])


def _link_label_maps(run: RunFolder, runs: Sequence[TestedRun]) -> None:
    run.predictions.mkdir(parents=True, exist_ok=True)
    for one in runs:
        for label_map in one.folder.predictions.glob("*.nii.gz"):
            link = run.predictions / label_map.name
            link.unlink(missing_ok=True)
            link.symlink_to(label_map.resolve())
