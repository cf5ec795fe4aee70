"""How was it done: a paragraph for the methods of a manuscript, from the run's own config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kseg.report.answer import enumerate_words
from kseg.report.findings import Findings
from kseg.report.further_tests import TESTS
from kseg.report.metric_names import metric_name
from kseg.report.numbers import number, percent
from kseg.report.source import source_of

NOT_PROVIDED = "not provided"
MOST_LISTED = 8
"""Longer lists are counted."""

WIDENED = (
    "asked for a wider level the fewer the patients, by Hesterberg's (2015) expansion of the percentile interval, "
    "here applied to BCa"
)
"""What is done to the level of a bootstrap, see `kseg.stats.describe.widened`."""

APART = ("run", "trained")
"""Of what a run was made with, what another topic says, or none."""

SPLITS = ("train", "val", "test")


def methods(config: Mapping[str, Any], found: Findings, made: Mapping[str, str]) -> dict[str, str]:
    """Write the paragraph, a part a topic.

    Args:
        config: The run's, in plain containers; of a table that comes from elsewhere it holds the tests alone.
        found: For the cohort.
        made: Seed, commit and versions; and how long it was trained, where that was kept.

    Returns:
        Text by topic; `NOT_PROVIDED` where the config does not tell. Paths are never written.
    """
    return {
        "Data": source_of(config).words or NOT_PROVIDED,
        "Patients": patients_by_split(found.cases, found.groups),
        "Groups": _groups(config),
        "Split": _split(config),
        "Preparation": _preparation(config),
        "Network": _call(stated(config, "model.network")),
        "Loss and optimiser": _optimising(config),
        "Training": _training(config, made.get("trained", "")),
        "Augmentation": _augmentation(config),
        "Inference": _inference(config),
        "Scores": _scores(found),
        "Tests": _tests(config, found),
        "Made with": "; ".join(f"{name} {value}" for name, value in made.items() if name not in APART) or NOT_PROVIDED,
    }


def stated(config: Mapping[str, Any], path: str) -> Any:
    """Look up what a config says at a dotted path; None where it says nothing."""
    node: Any = config
    for key in path.split("."):
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return node


def patients_by_split(cases: pd.DataFrame, groups: Sequence[str]) -> str:
    """Count CTs and patients, female and male, their ages, eGFRs and groups, by split."""
    if not len(cases) or "split" not in cases:
        return NOT_PROVIDED
    named = [(split, cases[cases["split"] == split]) for split in SPLITS]
    return ". ".join(f"{split}: {_counted(own, groups)}" for split, own in named if len(own)) or _counted(cases, groups)


def _counted(cases: pd.DataFrame, groups: Sequence[str]) -> str:
    patients = cases.drop_duplicates("patient_id")
    said = [f"{len(cases)} CTs of {len(patients)} patients" if len(cases) != 1 else "1 CT of 1 patient"]
    sexes = [f"{(patients['sex'] == sex).sum()} {name}" for sex, name in (("F", "female"), ("M", "male"))]
    if patients["sex"].isin(["F", "M"]).any():
        said += sexes
    for column, unit in (("age", "years"), ("egfr", "mL/min/1.73 m²")):
        known = pd.to_numeric(patients[column], errors="coerce").dropna()
        if len(known):
            name = "eGFR" if column == "egfr" else column
            range_of = f"{number(known.min(), 0)} to {number(known.max(), 0)}"
            said.append(f"median {name} {number(known.median(), 0)} {unit} ({range_of})")
    named = patients["group"].where(patients["group"].isin(list(groups)), "without a group")
    said += [f"{(named == group).sum()} {group}" for group in (*groups, "without a group") if (named == group).any()]
    return ", ".join(said)


def _groups(config: Mapping[str, Any]) -> str:
    cut_points = stated(config, "cohort.cut_points")
    if not cut_points:
        return NOT_PROVIDED
    equation = stated(config, "cohort.equation_name")
    bounds = ", ".join(f"{group} from {bound:g}" for group, bound in cut_points.items())
    by = f" by {equation} where the table does not state it" if equation else ""
    return f"eGFR{by}, in mL/min/1.73 m²: {bounds}"


def _split(config: Mapping[str, Any]) -> str:
    """What a list holds here is patients, who are counted and never named."""
    split = stated(config, "split")
    if not isinstance(split, Mapping):
        return NOT_PROVIDED
    return _call({key: _counted_patients(value) for key, value in split.items()})


def _counted_patients(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return f"{len(value)} patient" + ("s" if len(value) != 1 else "")


def _preparation(config: Mapping[str, Any]) -> str:
    prepare = stated(config, "prepare")
    if not prepare:
        return NOT_PROVIDED
    said = [f"resampled to {_times(prepare['spacing_mm'])} mm"] if prepare.get("spacing_mm") else []
    if window := prepare.get("window_hu"):
        said.append(f"Hounsfield units cut off at {number(window[0], 0)} and {number(window[1], 0)}")
    said += [f"CTs by {prepare['ct_interpolation']} interpolation"] if prepare.get("ct_interpolation") else []
    said += _cropped(prepare)
    told = ("spacing_mm", "window_hu", "ct_interpolation", "body_hu", "crop", "margin_mm", "_target_")
    return ", ".join([*said, *_arguments({name: value for name, value in prepare.items() if name not in told})])


def _cropped(prepare: Mapping[str, Any]) -> list[str]:
    """What is kept of a CT: the body; of a training case, where it is so chosen, the kidneys and a margin."""
    said = [f"cropped to the body, above {number(prepare['body_hu'], 0)} HU"] if "body_hu" in prepare else []
    if prepare.get("crop") == "kidneys" and "margin_mm" in prepare:
        said.append(f"training cases to the kidneys and {prepare['margin_mm']:g} mm around them")
    return said


def _optimising(config: Mapping[str, Any]) -> str:
    parts = [stated(config, f"model.{part}") for part in ("loss", "optimizer", "schedule")]
    return "; ".join(_call(part) for part in parts if part) or NOT_PROVIDED


def _training(config: Mapping[str, Any], trained: str) -> str:
    trainer = stated(config, "trainer")
    if not trainer:
        return NOT_PROVIDED
    units = {"max_time": "{} (days:hours:minutes:seconds)", "max_steps": "{} steps", "max_epochs": "{} epochs"}
    budget = [units[name].format(trainer[name]) for name in units if trainer.get(name) not in (None, -1)]
    patches = stated(config, "patches") or {}
    said = [f"trained for {trained}, validation included"] if trained else []
    said += [f"at most {enumerate_words(budget)}"] if budget else []
    said += [f"patches of {_times(patches['patch_size'])} voxels"] if patches.get("patch_size") else []
    said += [f"batches of {patches['batch_size']}"] if patches.get("batch_size") else []
    said += _arguments({name: trainer.get(name) for name in ("accelerator", "devices", "precision")})
    clipped = trainer.get("gradient_clip_val")
    said += [f"gradients clipped at a norm of {clipped:g}"] if clipped else []
    objective = stated(config, "objective")
    return ", ".join(said) + (f"; the checkpoint with the best {objective} counts" if objective else "")


def _augmentation(config: Mapping[str, Any]) -> str:
    augment = stated(config, "augment")
    if augment is None:
        return NOT_PROVIDED
    steps = [_call(step) for step in augment.values() if isinstance(step, Mapping) and "_target_" in step]
    return "; ".join(steps) or "none"


def _inference(config: Mapping[str, Any]) -> str:
    axes = stated(config, "prediction.mirror_axes")
    mirrored = f"; mirrored along {'axes' if len(axes) > 1 else 'axis'} {_written(axes)} and averaged" if axes else ""
    searched = "; in boxes around what was found on a coarser grid" if stated(config, "prediction.search") else ""
    return _call(stated(config, "inference")) + mirrored + searched


def _scores(found: Findings) -> str:
    metrics = ", ".join(map(metric_name, dict.fromkeys(str(metric) for metric in found.metrics["metric"])))
    return f"{metrics}, of each case against its outlines; several CTs of one patient are averaged"


def _tests(config: Mapping[str, Any], found: Findings) -> str:
    run = dict.fromkeys(str(test) for test in found.tests_table["test"])
    names = {test: named.title for test, named in TESTS.items()}
    said = [f"{', '.join(names.get(test, test.replace('_', ' ')) for test in run)}; level {found.alpha:g}"]
    said.append("p after Holm over the structures")
    resamples = stated(config, "stats.resamples")
    of_effect, of_tost = (percent(level) for level in (effect_confidence(config, found.alpha), 1 - 2 * found.alpha))
    said.append(f"intervals of {percent(found.confidence)}, of ω² of {of_effect}, of equivalence of {of_tost}")
    said += [f"those of means by {resamples} bootstrap resamples (BCa), {WIDENED}"] if resamples else []
    margins = stated(config, "stats.margin") or {}
    said += [
        f"margin of equivalence {margin:g} in {metric_name(metric)}{_origin(config, metric)}"
        for metric, margin in margins.items()
    ]
    return "; ".join(said)


def effect_confidence(config: Mapping[str, Any], alpha: float) -> float:
    """The level of omega squared's interval: 1 - 2 alpha, as F rejects on one side, unless the config says another."""
    return float(stated(config, "stats.tests.anova.confidence") or 1 - 2 * alpha)


def has_default_margin(config: Mapping[str, Any], metric: str) -> bool:
    """Whether the margin of a metric is the one that stands in the config until somebody sets another."""
    margin = stated(config, f"stats.margin.{metric}")
    return margin is not None and margin == stated(config, f"stats.default_margin.{metric}")


def _origin(config: Mapping[str, Any], metric: str) -> str:
    return " (kseg's default)" if has_default_margin(config, metric) else ""


def _call(node: Any) -> str:
    """Write a node of a config that makes something: its name, and what it is given."""
    if not isinstance(node, Mapping) or "_target_" not in node:
        return NOT_PROVIDED
    name = str(node["_target_"]).rpartition(".")[2].replace("_", " ")
    arguments = _arguments({key: value for key, value in node.items() if not str(key).startswith("_")})
    return f"{name} ({', '.join(arguments)})" if arguments else name


def _arguments(given: Mapping[str, Any]) -> list[str]:
    return [
        f"{name.replace('_', ' ')} {_written(value)}"
        for name, value in given.items()
        if value not in (None, [], {}) and "/" not in str(value)
    ]


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return _call(value) if "_target_" in value else f"[{', '.join(_arguments({str(k): value[k] for k in value}))}]"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]" if len(value) <= MOST_LISTED else f"[{len(value)} of them]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _times(lengths: Sequence[Any]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(map(_written, lengths))
