"""May what a config names be run? Only what kseg's own configuration names there, unless its user trusts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from kseg.errors import InputError
from kseg.printable import printable
from kseg.runs.choices import CONF
from kseg.runs.config import Config

TARGET, PARTIAL = "_target_", "_partial_"
OF_PREDICTION = ("model", "prepare")
OF_EVALUATION = ("metrics", "stats", "report")
OF_TRAINING = (
    *("cohort", "split", "checks", "data", "patches", "augment", "trainer", "callbacks", "logger"),
    *(*OF_PREDICTION, *OF_EVALUATION),
)
"""The parts of a run's config that are built, by the command that builds them."""

ADMITTED = {"model": ("model", "inference")}
"""Parts in which another group's choice stands, too; elsewhere only those of the part's own group."""


def refuse_foreign(config: Config, parts: Iterable[str], *, origin: Path, trust: bool) -> None:
    """Stop before anything is built that could run code from elsewhere.

    Args:
        config: Of a run or of an exported model; nobody has looked at it yet.
        parts: Its parts that are to be built; one that it lacks is not.
        origin: Where it comes from, for the message.
        trust: Whether the user has said that whoever made it may run code here.

    Raises:
        InputError: A line each for what kseg's own configuration does not name in that part, and for what is no plain
            value. Interpolations are refused as well: a run's config has none, and Hydra would resolve them. Or
            `trust` is neither true nor false, such as the word `no`.
    """
    if not isinstance(trust, bool):
        raise InputError(f"trust is {trust!r}; true or false is needed")
    found = [] if trust else foreign(config, parts)
    if found:
        remedy = "nothing of it was run; with trust=true it is: only if you trust whoever made it"
        raise InputError([*(printable(f"{origin}: {fault}") for fault in found), remedy])


def foreign(config: Config, parts: Iterable[str]) -> list[str]:
    """Find what `refuse_foreign` refuses.

    Args:
        config: Plain containers.
        parts: Its parts to look through.

    Returns:
        A line each.
    """
    return [fault for part in parts if part in config for fault in _faults(config[part], known_targets(part), part)]


@cache
def known_targets(part: str) -> frozenset[tuple[str, bool]]:
    """What kseg's own configuration names in a part of a config.

    Args:
        part: Such as `model`.

    Returns:
        Names, each with whether it is called later only (`_partial_`).

    Raises:
        InputError: kseg's configuration is not there.
    """
    if not CONF.is_dir():
        raise InputError(f"{CONF}: kseg's own configuration is not beside it; install kseg from its checkout")
    groups = ADMITTED.get(part, (part,))
    return frozenset(target for file in sorted(CONF.rglob("*.yaml")) for target in _targets_of(file, groups))


def _targets_of(file: Path, groups: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    text = file.read_text()
    if TARGET not in text:
        return
    content: Any = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    parts = file.relative_to(CONF).parts
    is_global = len(parts) == 1 or "# @package _global_" in text
    if is_global:
        content = {key: value for key, value in content.items() if key in groups}
    if is_global or parts[0] in groups:
        yield from _targets_in(content)


def _targets_in(value: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(value, dict):
        if TARGET in value:
            yield value[TARGET], bool(value.get(PARTIAL, False))
        for content in value.values():
            yield from _targets_in(content)
    elif isinstance(value, list):
        for content in value:
            yield from _targets_in(content)


def _faults(value: Any, known: frozenset[tuple[str, bool]], place: str) -> Iterator[str]:
    if isinstance(value, dict):
        if TARGET in value and not _is_known(value, known):
            yield f"{place} calls {value[TARGET]}, which kseg's own configuration does not call there"
        for key, content in value.items():
            if not isinstance(key, str | int):
                yield f"{place}: the key {key!r} is no word or number"
            yield from _faults(content, known, f"{place}.{key}")
    elif isinstance(value, list):
        for number, content in enumerate(value):
            yield from _faults(content, known, f"{place}[{number}]")
    elif isinstance(value, str) and "${" in value:
        yield f"{place} is {value!r}: an interpolation, which the config of a run does not hold"
    elif value is not None and not isinstance(value, str | bool | int | float):
        yield f"{place} is of type {type(value).__name__}: not a plain value"


def _is_known(node: dict[Any, Any], known: frozenset[tuple[str, bool]]) -> bool:
    target, partial = node[TARGET], node.get(PARTIAL, False)
    return isinstance(target, str) and isinstance(partial, bool) and (target, partial) in known
