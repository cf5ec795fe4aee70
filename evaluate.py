"""Test a finished run again from its files, or a table that comes from elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments
from kseg.runs.mistyped import refuse_mistyped_arguments

if TYPE_CHECKING:
    from kseg.evaluation.tested import TestedRun
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
    from kseg.evaluation.one_run import describe_and_report, score
    from kseg.runs.choosing import is_one, runs_in
    from kseg.runs.config import read_config
    from kseg.runs.folder import RunFolder
    from kseg.runs.older import lacking
    from kseg.runs.trust import OF_EVALUATION, refuse_foreign
    from kseg.tracking.retold import tell_evaluation

    if not asked["run"]:
        raise InputError("give run=FOLDER of a finished run, or several, or table=CSV with output=FOLDER")
    known = ("run=", "trust=", "rescore=", "sides=") if is_one(asked["run"]) else ("run=", "trust=", "output=")
    ignored = [typed for typed in HydraConfig.get().overrides.task if not typed.startswith(known)]
    if ignored:
        raise InputError(f"a run is tested by its own config; leave out {' '.join(ignored)}")
    if not is_one(asked["run"]):
        compare_runs(runs_in(asked["run"]), asked["output"], trust=asked["trust"])
        return
    run = RunFolder(Path(asked["run"]))
    config = read_config(run.config)
    refuse_foreign(config, OF_EVALUATION, origin=run.path, trust=asked["trust"])
    print(*lacking(config), sep="\n", end="")
    sides = {} if asked["sides"] is None else {"sides": asked["sides"]}
    if asked["rescore"] or sides or not run.metrics.is_file():
        score(run, {**config, **sides})
    tell_evaluation(run, config, describe_and_report(run, config))


def compare_runs(runs: list[RunFolder], output: str | None, *, trust: bool = False) -> None:
    """Put several finished runs into one table; then compare their settings, or test the groups where there is one."""
    from kseg.errors import InputError
    from kseg.evaluation.one_run import footer
    from kseg.evaluation.settings import compared
    from kseg.evaluation.tested import rows_of, tested_runs
    from kseg.report.runs_table import print_runs, runs_table
    from kseg.report.tables import write_table
    from kseg.runs.config import read_config
    from kseg.runs.folder import RunFolder
    from kseg.runs.trust import OF_EVALUATION, refuse_foreign
    from kseg.stats.pooling import rounds_of
    from kseg.tracking.retold import tell_comparison

    place = RunFolder(Path(output)) if output else None
    if place and place.config.is_file():
        raise InputError(f"{output} is a run with tables of its own; give another folder as output")
    tested = tested_runs(runs)
    rounds = rounds_of([run.scores() for run in tested])
    table = runs_table(rows_of(rounds, tested))
    print_runs(table)
    if place:
        write_table(place.path / "runs.csv", table)
    config, told = read_config(tested[0].folder.config), partial(tell_comparison, [run.folder for run in tested])
    refuse_foreign(config, OF_EVALUATION, origin=tested[0].folder.path, trust=trust)
    if table["setting"].nunique() == 1:
        evaluate_whole(place, tested, rounds, config)
        told({"runs": table}, left_out=len(runs) - len(tested))
        return
    comparison = compared(rounds, table, config)
    comparison.show()
    told(comparison.tables(), left_out=len(runs) - len(tested))
    if place:
        comparison.write(place.path, footer(place, {**config, "name": f"{len(tested)} runs of {config['name']}"}))
        print(f"The comparison, with figures:\n  {place.path / 'comparison.html'}")


def evaluate_whole(place: RunFolder | None, tested: list[TestedRun], rounds: list[Round], config: Config) -> None:
    """Test the groups over all patients of a cross-validation, each tested once; over seeds, the means."""
    from tempfile import TemporaryDirectory

    from kseg.evaluation.one_run import describe_and_report
    from kseg.evaluation.whole import told_as, write_whole
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
    from kseg.evaluation.one_run import SCORED, describe_and_report
    from kseg.metrics.cohort import METRICS_COLUMNS
    from kseg.report.tables import read_table, write_table
    from kseg.runs.folder import RunFolder

    if not asked["output"]:
        raise InputError("a table's results need a place; give output=FOLDER")
    if RunFolder(Path(asked["output"])).config.is_file():
        raise InputError(f"{asked['output']} is a run with tables of its own; give another folder as output")
    table = read_table(Path(asked["table"]), required=SCORED)
    run = RunFolder(Path(asked["output"]))
    write_table(run.metrics, table[[column for column in METRICS_COLUMNS if column in table]])
    cohort = read_cohort(Path(asked["cohort"])) if asked["cohort"] else cohort_beside(table)
    if asked["cohort"]:
        write_cohort(run.cohort, cohort)
    describe_and_report(run, {**asked, "cohort": asked["stages"], "name": Path(asked["table"]).stem}, cohort)


if __name__ == "__main__":
    refuse_unreadable_arguments()
    refuse_mistyped_arguments("evaluate", Path(__file__).parent / "conf" / "evaluation")
    main()
