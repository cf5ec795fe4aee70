"""Test a finished run again from its files, or a table that comes from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments

if TYPE_CHECKING:
    import pandas as pd

    from kseg.runs.config import Config
    from kseg.runs.folder import RunFolder


@hydra.main(version_base="1.3", config_path="conf/evaluation", config_name="evaluate")
def main(composed: DictConfig) -> None:
    """Score if asked, describe, compare, report."""
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        if asked["table"]:
            evaluate_table(asked)
        else:
            evaluate_run(asked)


def evaluate_run(asked: Config) -> None:
    """Test a run again by its own config; its label maps are scored again if asked. Several are compared."""
    from kseg.errors import InputError
    from kseg.runs.choosing import is_one, runs_in
    from kseg.runs.config import read_config
    from kseg.runs.folder import RunFolder
    from kseg.tracking.retold import tell_evaluation

    if not asked["run"]:
        raise InputError("give run=FOLDER of a finished run, or several, or table=CSV with output=FOLDER")
    known = ("run=", "rescore=") if is_one(asked["run"]) else ("run=", "output=")
    ignored = [typed for typed in HydraConfig.get().overrides.task if not typed.startswith(known)]
    if ignored:
        raise InputError(f"a run is tested by its own config; leave out {' '.join(ignored)}")
    if not is_one(asked["run"]):
        compare_runs(runs_in(asked["run"]), asked["output"])
        return
    run = RunFolder(Path(asked["run"]))
    config = read_config(run.config)
    if asked["rescore"] or not run.metrics.is_file():
        score(run, config)
    tell_evaluation(run, config, describe_and_report(run, config))


def compare_runs(runs: list[RunFolder], output: str | None) -> None:
    """Put several finished runs into one table, and compare their settings patient by patient."""
    from kseg.errors import InputError
    from kseg.report.ranking_table import print_ranking
    from kseg.report.runs_table import OUTLINED, FinishedRun, print_runs, runs_table
    from kseg.report.tables import write_table
    from kseg.runs.config import read_config
    from kseg.runs.jobs_table import jobs_of, setting_of, telling_names
    from kseg.stats.pooling import RunScores, pooled
    from kseg.stats.ranking import best_for_the_worst_group, compare_settings, rank_settings
    from kseg.tracking.retold import tell_comparison

    jobs = jobs_of([run.path for run in runs])
    named = list(zip(jobs, telling_names(jobs), strict=True))
    for job, name in named:
        if not job.is_finished:
            print(f"left out, {job.state}: {name}")
    finished = [(job, name) for job, name in named if job.is_finished]
    if not finished:
        raise InputError("none of these runs is finished")
    table = runs_table(
        [FinishedRun(name, job.objective[1], job.folder.groups, job.seed, setting_of(name)) for job, name in finished]
    )
    print_runs(table)
    tables = {"runs": table}
    settings = list(table["setting"].unique())
    if len(settings) > 1:
        scores = pooled(
            [RunScores(setting_of(name), job.seed, scores_of_patients(job.folder)) for job, name in finished]
        )
        by = read_config(finished[0][0].folder.config)
        how = {
            "resamples": by["stats"]["resamples"],
            "confidence": by["stats"]["confidence"],
            "seed": by["stats"]["seed"],
        }
        ranking = rank_settings(scores, settings=settings, groups=list(by["cohort"]["cut_points"]), **how)
        tests = compare_settings(scores, settings=settings)
        print_ranking(ranking, tests, {name: best_for_the_worst_group(ranking, structure=name) for name in OUTLINED})
        tables |= {"ranking": ranking, "tests": tests}
    for name, one in tables.items() if output else ():
        write_table(Path(output or "") / f"{name}.csv", one)
    tell_comparison([job.folder for job, _ in finished], tables, left_out=len(named) - len(finished))


def scores_of_patients(run: RunFolder) -> pd.DataFrame:
    """A run's scores, one a patient: both kidneys together, several CTs averaged."""
    from kseg.report.tables import read_table
    from kseg.stats.patients import average_cases
    from kseg.stats.sample import BOTH_SIDES

    metrics, cohort = read_table(run.metrics), cohort_of(run)
    patients = average_cases(metrics, dict(zip(cohort["case_id"], cohort["patient_id"], strict=True)))
    return patients[patients["side"] == BOTH_SIDES]


def evaluate_table(asked: Config) -> None:
    """Test a table that comes from elsewhere, as if a run had left it in the folder `output`."""
    from kseg.clinical.cohort import read_cohort, write_cohort
    from kseg.errors import InputError
    from kseg.report.tables import read_table, write_table
    from kseg.runs.folder import RunFolder

    if not asked["output"]:
        raise InputError("a table's results need a place; give output=FOLDER")
    if RunFolder(Path(asked["output"])).config.is_file():
        raise InputError(f"{asked['output']} is a run with tables of its own; give another folder as output")
    table = read_table(Path(asked["table"]), required=("case_id", "group", "structure", "metric", "value"))
    run = RunFolder(Path(asked["output"]))
    write_table(run.metrics, table)
    if asked["cohort"]:
        write_cohort(run.cohort, read_cohort(Path(asked["cohort"])))
    describe_and_report(run, {**asked, "cohort": asked["stages"], "name": Path(asked["table"]).stem})


def score(run: RunFolder, config: Config) -> None:
    """Hold the run's label maps against the outlines: metrics.csv and volumes.csv."""
    from hydra.utils import instantiate

    from kseg.metrics.score import score_cohort
    from kseg.report.tables import write_table

    cohort = cohort_of(run)
    test = cohort[cohort["split"] == "test"]
    scores = score_cohort(test, run.predictions, metrics=instantiate(config["metrics"], _convert_="all"))
    write_table(run.metrics, scores.metrics)
    write_table(run.volumes, scores.volumes)


def describe_and_report(run: RunFolder, config: Config) -> dict[str, float]:
    """From metrics.csv to groups.csv, tests.csv and report.html; answers with the means to sort runs by."""
    from hydra.utils import instantiate

    from kseg.report.tables import read_table, write_table
    from kseg.report.terminal import print_summary
    from kseg.stats.compare import compare_groups
    from kseg.stats.describe import describe_groups
    from kseg.stats.patients import average_cases

    stats = config["stats"]
    groups = list(config["cohort"]["cut_points"])
    metrics = read_table(run.metrics, required=("case_id", "group", "structure", "metric", "value"))
    cohort = cohort_of(run)
    patients = average_cases(metrics, dict(zip(cohort["case_id"], cohort["patient_id"], strict=True)))
    described = describe_groups(
        patients, groups=groups, confidence=stats["confidence"], resamples=stats["resamples"], seed=stats["seed"]
    )
    tests = instantiate(stats["tests"], _convert_="all")
    compared = compare_groups(
        patients,
        groups=groups,
        tests=tests,
        metric=stats["metric"],
        egfr=egfr_of(cohort) or None,
        kidney_tests=instantiate(stats["kidney_tests"], _convert_="all"),
        alpha=stats["alpha"],
    )
    write_table(run.groups, described)
    write_table(run.tests, compared)
    instantiate(config["report"], _convert_="all")(
        run.report,
        metrics=metrics,
        volumes=volumes_of(run),
        groups_table=described,
        tests_table=compared,
        cases=cohort,
        predictions=run.predictions,
        groups=groups,
        confidence=stats["confidence"],
        run=footer(run, config),
    )
    print_summary(described, compared, groups=groups, report=run.report)
    overall = described[described["group"] == "all"]
    columns = (overall[column].tolist() for column in ("metric", "structure", "mean"))
    return {f"test/{metric}/{structure}": float(mean) for metric, structure, mean in zip(*columns, strict=True)}


def egfr_of(cohort: pd.DataFrame) -> dict[str, float]:
    """The eGFR of every case, and of every patient, by whom scores may be named."""
    return {
        name: egfr
        for column in ("case_id", "patient_id")
        for name, egfr in zip(cohort[column], cohort["egfr"], strict=True)
    }


def volumes_of(run: RunFolder) -> pd.DataFrame:
    """The run's volumes; no row where a table came without them."""
    import pandas as pd

    from kseg.metrics.score import VOLUMES_COLUMNS
    from kseg.report.tables import read_table

    return read_table(run.volumes) if run.volumes.is_file() else pd.DataFrame(columns=list(VOLUMES_COLUMNS))


def cohort_of(run: RunFolder) -> pd.DataFrame:
    """The run's patients; no row where a table came without them."""
    import pandas as pd

    from kseg.clinical.cohort import COHORT_COLUMNS, read_cohort

    return read_cohort(run.cohort) if run.cohort.is_file() else pd.DataFrame(columns=list(COHORT_COLUMNS))


def footer(run: RunFolder, config: Config) -> dict[str, str]:
    """What the report says of its own making."""
    from kseg.runs.provenance import git_commit, versions
    from kseg.runs.status import read_status

    status = read_status(run.status)
    made_with = status.versions if status else versions()
    return {
        "run": f"{config['name']} ({run.path.name})",
        "seed": str(config["seed"]),
        "commit": (status.git_commit if status else git_commit()) or "not provided",
        "versions": ", ".join(f"{package} {number}" for package, number in made_with.items()),
    }


if __name__ == "__main__":
    refuse_unreadable_arguments()
    main()
