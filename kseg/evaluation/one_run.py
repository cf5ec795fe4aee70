"""From a run's label maps to its scores, and from these to what is said of the groups."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hydra.utils import instantiate

from kseg.clinical.cohort import taught_cortex
from kseg.evaluation.run_tables import cohort_of, egfr_of, patients_of, volumes_of
from kseg.metrics.cohort import score_cohort
from kseg.metrics.missed import missed, missed_in_words
from kseg.report.findings import Findings, of_both_kidneys
from kseg.report.source import source_of
from kseg.report.tables import read_table, write_table
from kseg.report.terminal import print_summary
from kseg.runs.config import Config
from kseg.runs.folder import RunFolder
from kseg.runs.older import completed
from kseg.runs.provenance import git_commit, versions
from kseg.runs.status import Status, read_status
from kseg.stats.compare import compare_groups
from kseg.stats.describe import describe_groups
from kseg.stats.patients import average_cases, patients_in_several_groups
from kseg.stats.volumes import average_volumes, compare_volumes, cortical_fractions

SCORED = ("case_id", "group", "structure", "metric", "value")
"""What a table of scores has, wherever it comes from."""


def score(run: RunFolder, config: Config) -> None:
    """Hold the run's label maps against the outlines: metrics.csv and volumes.csv.

    Args:
        run: With label maps of its test patients.
        config: The run's own, with `metrics` and `sides`.

    Raises:
        InputError: Files are missing or lie on different grids.
    """
    cohort = cohort_of(run)
    test, metrics = cohort[cohort["split"] == "test"], _built(config["metrics"])
    how = {"divided": taught_cortex(cohort), "sides": completed(config)["sides"], "progress": True}
    scores = score_cohort(test, run.predictions, metrics=metrics, **how)
    write_table(run.metrics, scores.metrics)
    write_table(run.volumes, scores.volumes)


def describe_and_report(run: RunFolder, config: Config, cohort: pd.DataFrame | None = None) -> dict[str, float]:
    """From metrics.csv and volumes.csv to groups.csv, tests.csv and, if wanted, report.html.

    Args:
        run: With these tables.
        config: The run's own, of this version or an earlier one, with `cohort`, `stats` and `report`.
        cohort: Whose CTs they are, if not those of the run's cohort.csv.

    Returns:
        The means over all patients, by which runs can be sorted, such as `test/dice/cortex`.

    Raises:
        InputError: The tables cannot be tested; each problem is named.
    """
    found = _tested(run, completed(config), cohort_of(run) if cohort is None else cohort)
    write_table(run.groups, found.groups_table)
    write_table(run.tests, found.tests_table)
    if config["report"]:
        _built(config["report"])(run.report, found=found, config=config, made=footer(run, config))
    page = run.report if config["report"] else None
    tables, source = (found.groups_table, found.tests_table), source_of(config)
    print_summary(*tables, groups=found.groups, alpha=found.alpha, source=source, report=page)
    print(missed_in_words(found.volumes), end="")
    overall = found.groups_table[found.groups_table["group"] == "all"]
    columns = (overall[column].tolist() for column in ("metric", "structure", "mean"))
    return {f"test/{metric}/{structure}": float(mean) for metric, structure, mean in zip(*columns, strict=True)}


def footer(run: RunFolder, config: Config) -> dict[str, str]:
    """What a report says of its own making.

    Args:
        run: Whose status.json tells commit, versions and how long was trained; without one they are the present ones.
        config: With `name` and `seed`.
    """
    status = read_status(run.status)
    trained = _trained(status)
    made_with = status.versions if status else versions()
    return {
        "run": f"{config['name']} ({run.path.name})",
        "seed": str(config["seed"]),
        **({"trained": trained} if trained else {}),
        "commit": (status.git_commit if status else git_commit()) or "not provided",
        "versions": ", ".join(f"{package} {number}" for package, number in made_with.items()),
    }


def _trained(status: Status | None) -> str:
    """Say how long the training really was, as in `1435 steps in 7.2 minutes`; "" where nobody kept it."""
    if status is None:
        return ""
    steps = [] if status.steps is None else [f"{status.steps} step{'s' if status.steps != 1 else ''}"]
    seconds = status.seconds.get("fit")
    return " in ".join([*steps, *([] if seconds is None else [f"{seconds / 60:.1f} minutes"])])


def _tested(run: RunFolder, config: Config, cohort: pd.DataFrame) -> Findings:
    stats, groups = config["stats"], list(config["cohort"]["cut_points"])
    metrics, volumes = read_table(run.metrics, required=SCORED), volumes_of(run)
    patient_of, egfr = patients_of(cohort), egfr_of(cohort)
    regrouped = patients_in_several_groups(metrics, patient_of)
    print("".join(f"{remark}\n" for remark in regrouped), end="")
    counted = [f"patients with CTs in several groups, who count in the first CT's: {len(regrouped)}"]
    patients, patient_volumes = average_cases(metrics, patient_of), average_volumes(volumes, patient_of)
    described = describe_groups(
        patients, groups=groups, **{name: stats[name] for name in ("confidence", "resamples", "seed")}
    )
    compared = compare_groups(
        patients,
        groups=groups,
        tests=_built(stats["tests"]),
        metric=stats["metric"],
        egfr=egfr or None,
        kidney_tests=_built(stats["kidney_tests"]),
        alpha=stats["alpha"],
        remarks=counted if regrouped else [],
    )
    of_volumes = compare_volumes(
        patient_volumes,
        tests=_built(stats["volume_tests"]),
        trends=_built(stats["volume_trends"]),
        groups=groups,
        egfr=egfr or None,
    )
    measured = patient_volumes.assign(egfr=patient_volumes["case_id"].map(egfr).astype(float))
    return Findings(
        metrics=metrics,
        patients=patients,
        volumes=volumes,
        patient_volumes=measured,
        fractions=cortical_fractions(of_both_kidneys(measured)),
        missed=missed(volumes),
        groups_table=described,
        tests_table=pd.concat([compared, of_volumes], ignore_index=True) if len(of_volumes) else compared,
        cases=cohort,
        predictions=run.predictions,
        groups=groups,
        confidence=stats["confidence"],
        alpha=stats["alpha"],
    )


def _built(config: Any) -> Any:
    return instantiate(config, _convert_="all")
