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

    from kseg.comparison.tested import TestedRun
    from kseg.runs.config import Config
    from kseg.runs.folder import RunFolder
    from kseg.stats.pooling import Round


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
    from kseg.runs.older import lacking

    if not asked["run"]:
        raise InputError("give run=FOLDER of a finished run, or several, or table=CSV with output=FOLDER")
    known = ("run=", "rescore=", "sides=") if is_one(asked["run"]) else ("run=", "output=")
    ignored = [typed for typed in HydraConfig.get().overrides.task if not typed.startswith(known)]
    if ignored:
        raise InputError(f"a run is tested by its own config; leave out {' '.join(ignored)}")
    if not is_one(asked["run"]):
        compare_runs(runs_in(asked["run"]), asked["output"])
        return
    run = RunFolder(Path(asked["run"]))
    config = read_config(run.config)
    print(*lacking(config), sep="\n", end="")
    sides = {} if asked["sides"] is None else {"sides": asked["sides"]}
    if asked["rescore"] or sides or not run.metrics.is_file():
        score(run, {**config, **sides})
    describe_and_report(run, config)


def compare_runs(runs: list[RunFolder], output: str | None) -> None:
    """Put several finished runs into one table; then compare their settings, or test the groups where there is one."""
    from kseg.comparison.settings import compared
    from kseg.comparison.tested import rows_of, tested_runs
    from kseg.errors import InputError
    from kseg.report.runs_table import print_runs, runs_table
    from kseg.report.tables import write_table
    from kseg.runs.config import read_config
    from kseg.runs.folder import RunFolder
    from kseg.stats.pooling import rounds_of

    place = RunFolder(Path(output)) if output else None
    if place and place.config.is_file():
        raise InputError(f"{output} is a run with tables of its own; give another folder as output")
    tested = tested_runs(runs)
    rounds = rounds_of([run.scores() for run in tested])
    table = runs_table(rows_of(rounds, tested))
    print_runs(table)
    if place:
        write_table(place.path / "runs.csv", table)
    config = read_config(tested[0].folder.config)
    if table["setting"].nunique() == 1:
        evaluate_whole(place, tested, rounds, config)
        return
    comparison = compared(rounds, table, config)
    comparison.show()
    if place:
        comparison.write(place.path, footer(place, {**config, "name": f"{len(tested)} runs of {config['name']}"}))
        print(f"The comparison, with figures:\n  {place.path / 'comparison.html'}")


def evaluate_whole(place: RunFolder | None, tested: list[TestedRun], rounds: list[Round], config: Config) -> None:
    """Test the groups over all patients of a cross-validation, each tested once; over seeds, the means."""
    from tempfile import TemporaryDirectory

    from kseg.comparison.whole import told_as, write_whole
    from kseg.runs.folder import RunFolder

    if len(tested) == 1:
        return
    with TemporaryDirectory() as nowhere:
        whole = place or RunFolder(Path(nowhere))
        write_whole(whole, tested)
        report = config["report"] if place else None
        describe_and_report(whole, {**config, **told_as(tested, rounds, config["name"]), "report": report})


def evaluate_table(asked: Config) -> None:
    """Test a table that comes from elsewhere, as if a run had left it in the folder `output`."""
    from kseg.clinical.beside_scores import cohort_beside
    from kseg.clinical.cohort import read_cohort, write_cohort
    from kseg.errors import InputError
    from kseg.metrics.cohort import METRICS_COLUMNS
    from kseg.report.tables import read_table, write_table
    from kseg.runs.folder import RunFolder

    if not asked["output"]:
        raise InputError("a table's results need a place; give output=FOLDER")
    if RunFolder(Path(asked["output"])).config.is_file():
        raise InputError(f"{asked['output']} is a run with tables of its own; give another folder as output")
    table = read_table(Path(asked["table"]), required=("case_id", "group", "structure", "metric", "value"))
    run = RunFolder(Path(asked["output"]))
    write_table(run.metrics, table[[column for column in METRICS_COLUMNS if column in table]])
    cohort = read_cohort(Path(asked["cohort"])) if asked["cohort"] else cohort_beside(table)
    if asked["cohort"]:
        write_cohort(run.cohort, cohort)
    describe_and_report(run, {**asked, "cohort": asked["stages"], "name": Path(asked["table"]).stem}, cohort)


def score(run: RunFolder, config: Config) -> None:
    """Hold the run's label maps against the outlines: metrics.csv and volumes.csv."""
    from hydra.utils import instantiate

    from kseg.clinical.cohort import taught_cortex
    from kseg.metrics.cohort import score_cohort
    from kseg.report.tables import write_table
    from kseg.runs.older import completed

    cohort = cohort_of(run)
    test, metrics = cohort[cohort["split"] == "test"], instantiate(config["metrics"], _convert_="all")
    how = {"divided": taught_cortex(cohort), "sides": completed(config)["sides"], "progress": True}
    scores = score_cohort(test, run.predictions, metrics=metrics, **how)
    write_table(run.metrics, scores.metrics)
    write_table(run.volumes, scores.volumes)


def describe_and_report(run: RunFolder, config: Config, cohort: pd.DataFrame | None = None) -> dict[str, float]:
    """From metrics.csv to groups.csv, tests.csv and, if wanted, report.html; answers with the means to sort runs by.

    The patients are the run's own, unless a cohort is given.
    """
    from hydra.utils import instantiate

    from kseg.metrics.missed import missed_in_words
    from kseg.report.tables import read_table, write_table
    from kseg.report.terminal import print_summary
    from kseg.runs.older import completed
    from kseg.stats.compare import compare_groups
    from kseg.stats.describe import describe_groups
    from kseg.stats.patients import average_cases, patients_in_several_groups
    from kseg.stats.volumes import with_volumes

    stats = completed(config)["stats"]
    groups = list(config["cohort"]["cut_points"])
    metrics = read_table(run.metrics, required=("case_id", "group", "structure", "metric", "value"))
    cohort = cohort_of(run) if cohort is None else cohort
    volumes, patient_of = volumes_of(run), dict(zip(cohort["case_id"], cohort["patient_id"], strict=True))
    patients, egfr = average_cases(metrics, patient_of), egfr_of(cohort) or None
    for remark in patients_in_several_groups(metrics, patient_of):
        print(remark)
    described = describe_groups(
        patients, groups=groups, confidence=stats["confidence"], resamples=stats["resamples"], seed=stats["seed"]
    )
    tests = instantiate(stats["tests"], _convert_="all")
    compared = compare_groups(
        patients,
        groups=groups,
        tests=tests,
        metric=stats["metric"],
        egfr=egfr,
        kidney_tests=instantiate(stats["kidney_tests"], _convert_="all"),
        alpha=stats["alpha"],
    )
    of_volumes = {name: instantiate(stats[name], _convert_="all") for name in ("volume_tests", "volume_trends")}
    compared = with_volumes(compared, volumes, patient_of, groups=groups, egfr=egfr, **of_volumes)
    write_table(run.groups, described)
    write_table(run.tests, compared)
    if config["report"]:
        instantiate(config["report"], _convert_="all")(
            run.report,
            metrics=metrics,
            volumes=volumes,
            groups_table=described,
            tests_table=compared,
            cases=cohort,
            predictions=run.predictions,
            groups=groups,
            confidence=stats["confidence"],
            run=footer(run, config),
        )
    print_summary(described, compared, groups=groups, report=run.report if config["report"] else None)
    print(missed_in_words(volumes), end="")
    overall = described[described["group"] == "all"]
    columns = (overall[column].tolist() for column in ("metric", "structure", "mean"))
    return {f"test/{metric}/{structure}": float(mean) for metric, structure, mean in zip(*columns, strict=True)}


def egfr_of(cohort: pd.DataFrame) -> dict[str, float]:
    """The eGFR of every case, and of every patient, by whom scores may be named: as the group, that of the first CT."""
    from_last_to_first = cohort.sort_values("case_id", ascending=False)
    return {
        name: egfr
        for column in ("case_id", "patient_id")
        for name, egfr in zip(from_last_to_first[column], from_last_to_first["egfr"], strict=True)
    }


def volumes_of(run: RunFolder) -> pd.DataFrame:
    """The run's volumes; no row where a table came without them."""
    import pandas as pd

    from kseg.metrics.cohort import VOLUMES_COLUMNS
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
