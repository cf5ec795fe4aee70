"""What evaluate.py tells W&B: a run that was tested again, or several that were compared."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from kseg.clinical.cohort import cohort_digest, read_cohort
from kseg.labels import ALL
from kseg.runs.config import Config, read_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import read_status
from kseg.tracking.facts import RunFacts, fold_of
from kseg.tracking.guard import Guard
from kseg.tracking.redaction import Redaction, redaction_of, tellable

log = logging.getLogger("kseg")

EVALUATION, COMPARISON = "the evaluation", "the comparison"


def tell_evaluation(run: RunFolder, config: Config, means: Mapping[str, float]) -> None:
    """Tell W&B of a run that was tested again, as a run of its own of the kind `evaluate`, beside its training.

    Args:
        run: The run's folder; nothing is told where W&B was not told of its training, or kept no cohort.
        config: The run's.
        means: From `describe_and_report`.
    """
    if run.cohort.is_file() and Guard().call(lambda: _is_told(config)):
        Guard().call(lambda: _tell_evaluation(run, config, means), of=EVALUATION)


def tell_comparison(runs: Sequence[RunFolder], tables: Mapping[str, pd.DataFrame], *, left_out: int) -> None:
    """Tell W&B how runs compare, as a run of the kind `compare` in their group.

    Args:
        runs: Those compared; nothing is told where W&B was not told of the first one's training.
        tables: `runs`, and where there are several settings `ranking` and `tests`.
        left_out: Runs that are not finished.
    """
    config = read_config(runs[0].config)
    if Guard().call(lambda: _is_told(config)):
        Guard().call(lambda: _tell_comparison(runs, tables, left_out), of=COMPARISON)


def _tell_evaluation(run: RunFolder, config: Config, means: Mapping[str, float]) -> None:
    from kseg.tracking.results import tell_results

    cohort = read_cohort(run.cohort)
    facts = RunFacts(run.path, _new_id(), 1, config, _provenance_of(run, cohort), cohort)
    redaction = redaction_of(facts)
    overrides = [*config["overrides"], "again"]
    told = _begun(facts, config, redaction, kind="evaluate", overrides=overrides, tags=_tags(config))
    told.summarize(means)
    tell_results(told, run, config, cohort)
    told.end(None)


def _tell_comparison(runs: Sequence[RunFolder], tables: Mapping[str, pd.DataFrame], left_out: int) -> None:
    from kseg.tracking.comparison_plot import draw_ranking
    from kseg.tracking.results import png, tell_tables

    tables = _told_apart(tables)
    configs, cohorts = [read_config(run.config) for run in runs], [read_cohort(run.cohort) for run in runs]
    provenance = in_common([_provenance_of(*one) for one in zip(runs, cohorts, strict=True)])
    first = RunFacts(runs[0].path, _new_id(), 1, configs[0], provenance, pd.concat(cohorts))
    redaction, facts = redaction_of(first), replace(first, config=in_common(configs))
    account, tags = configs[0], [tag for tag in _tags(configs[0]) if all(tag in _tags(other) for other in configs)]
    told = _begun(facts, account, redaction, kind="compare", overrides=["comparison"], tags=tags)
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


def in_common(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What all of several dicts say alike, dict by dict within them."""
    first, *others = values
    return {
        key: in_common([value, *(other[key] for other in others)]) if isinstance(value, dict) else value
        for key, value in first.items()
        if all(_agree(value, other.get(key, MISSING)) for other in others)
    }


MISSING = object()


def _agree(value: Any, other: Any) -> bool:
    """Two dicts may have something in common whatever else they hold."""
    return (isinstance(value, dict) and isinstance(other, dict)) or (type(value) is type(other) and value == other)


def _provenance_of(run: RunFolder, cohort: pd.DataFrame) -> dict[str, Any]:
    """Of a training: versions, commit, the cohort's digest."""
    status = read_status(run.status)
    made_by = {"versions": status.versions, "git_commit": status.git_commit} if status else {}
    return {**made_by, "cohort_digest": cohort_digest(cohort)}


def _is_told(config: Config) -> bool:
    """Whether W&B was told of the training, here: elsewhere no folder is made for it."""
    logger = config.get("logger") or {}
    if "project" not in logger:
        return False
    kept = Path(logger["folder"]) / "wandb"
    if not kept.is_dir():
        log.warning("W&B is told nothing of this: %s is not here, where it was told of the training", kept)
    return kept.is_dir()


def _begun(facts: RunFacts, config: Config, redaction: Redaction, **named: Any) -> Any:
    """Begin a run where W&B was told of the training that has this config.

    Args:
        facts: What is told.
        config: Of the training.
        redaction: Of all that is told.
        **named: Kind, overrides and tags of the run.
    """
    from kseg.tracking.wandb_run import Account, WandbRun

    logger = config["logger"]
    patience = {name: logger[name] for name in ("patience_s", "upload_s") if name in logger}
    account = Account(logger["project"], logger["group"], Path(logger["folder"]), logger["mode"], **patience)
    return WandbRun(facts, account, redaction, **named)


def _tags(config: Config) -> list[str]:
    return [*(config["logger"].get("tags") or ()), *fold_of(config)]


def _new_id() -> str:
    return uuid.uuid4().hex[:8]
