"""What evaluate.py tells W&B: a run that was tested again, or several that were compared."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from kseg.clinical.cohort import read_cohort
from kseg.labels import ALL
from kseg.runs.config import Config, read_config
from kseg.runs.folder import RunFolder
from kseg.tracking.facts import RunFacts
from kseg.tracking.guard import Guard
from kseg.tracking.redaction import redaction_of, tellable


def tell_evaluation(run: RunFolder, config: Config, means: Mapping[str, float]) -> None:
    """Tell W&B of a run that was tested again, as a run of its own of the kind `evaluate`, beside its training.

    Args:
        run: The run's folder; nothing is told where W&B was not told of its training, or kept no cohort.
        config: The run's.
        means: From `describe_and_report`.
    """
    if _is_told(config) and run.cohort.is_file():
        Guard().call(lambda: _tell_evaluation(run, config, means))


def tell_comparison(runs: Sequence[RunFolder], tables: Mapping[str, pd.DataFrame], *, left_out: int) -> None:
    """Tell W&B how runs compare, as a run of the kind `compare` in their group.

    Args:
        runs: Those compared; nothing is told where W&B was not told of the first one's training.
        tables: `runs`, and where there are several settings `ranking` and `tests`.
        left_out: Runs that are not finished.
    """
    config = read_config(runs[0].config)
    if _is_told(config):
        Guard().call(lambda: _tell_comparison(runs, config, tables, left_out))


def _tell_evaluation(run: RunFolder, config: Config, means: Mapping[str, float]) -> None:
    from kseg.tracking.results import tell_results

    cohort = read_cohort(run.cohort)
    told = _begun(run, config, cohort, kind="evaluate", overrides=[*config["overrides"], "again"])
    told.summarize(means)
    tell_results(told, run, config, cohort)
    told.end(None)


def _tell_comparison(
    runs: Sequence[RunFolder], config: Config, tables: Mapping[str, pd.DataFrame], left_out: int
) -> None:
    from kseg.tracking.comparison_plot import draw_ranking
    from kseg.tracking.results import png, tell_tables

    tables = _told_apart(tables)
    cohorts = [read_cohort(run.cohort) for run in runs]
    told = _begun(runs[0], config, pd.concat(cohorts), kind="compare", overrides=["comparison"])
    tell_tables(told, tables)
    told.summarize({"runs": len(runs), "left_out": left_out, **_best(tables)})
    ranking = tables.get("ranking")
    if ranking is not None:
        redacted = told.redaction.table(ranking)
        plot = told.guard.call(lambda: png(draw_ranking(redacted), "Mean Dice of each setting, with its interval"))
        told.log({"results/ranking": plot} if plot is not None else {})
    told.end(None)


def _told_apart(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Number those runs whose names hold a place: it will be hidden, and they would all be called alike."""
    names = dict.fromkeys([*tables["runs"]["run"], *tables["runs"]["setting"]])
    placed = [name for name in names if tellable(name.split(", ")) != name.split(", ")]
    numbers = {name: f"run {number}" for number, name in enumerate(placed, start=1)}

    def numbered(cell: Any) -> Any:
        for name in sorted(numbers, key=len, reverse=True) if isinstance(cell, str) else ():
            cell = cell.replace(name, numbers[name])
        return cell

    return {title: table.map(numbered) for title, table in tables.items()}


def _best(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The run that validation prefers, and the setting that the test does, by structure."""
    runs, ranking = tables["runs"], tables.get("ranking")
    best: dict[str, Any] = {"best/val": str(runs["run"].iloc[0])} if len(runs) else {}
    if ranking is None:
        return best
    first = ranking[(ranking["metric"] == "dice") & (ranking["group"] == ALL) & (ranking["rank"] == 1)]
    return best | {f"best/dice/{row['structure']}": str(row["setting"]) for row in first.to_dict("records")}


def _is_told(config: Config) -> bool:
    return "project" in (config.get("logger") or {})


def _begun(run: RunFolder, config: Config, cohort: pd.DataFrame, *, kind: str, overrides: Sequence[str]) -> Any:
    from kseg.tracking.wandb_run import Account, WandbRun

    logger = config["logger"]
    account = Account(
        logger["project"], logger["group"], Path(logger["folder"]), logger["mode"], logger.get("patience_s", 30.0)
    )
    facts = RunFacts(run.path, uuid.uuid4().hex[:8], 1, config, cohort=cohort)
    return WandbRun(facts, account, redaction_of(facts), kind=kind, overrides=overrides, tags=logger["tags"])
