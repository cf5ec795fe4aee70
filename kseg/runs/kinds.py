"""Has every value of a config the kind that is needed, where the code that takes it says so?"""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hydra.utils import get_object

from kseg.errors import InputError
from kseg.runs.config import Config

LISTS = frozenset({list, tuple, set, frozenset, *(getattr(collections.abc, name) for name in ("Sequence", "Iterable"))})
DICTS = frozenset({dict, collections.abc.Mapping})
WORDS = {
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "true or false"),
    str: ("a word", "words"),
    Path: ("a path", "paths"),
    NoneType: ("null", "null"),
}
"""What a kind is called: one, and several in a list."""

ANNOTATED_WITH_CARE = frozenset({"kseg", "lightning", "monai", "torch", "torchio"})
"""Whose annotations are believed. A user's own code takes what it takes."""

LEFT_TO_THE_CASES = "fingerprint."
"""Begins a value that the training cases will settle, see `kseg.data.settling`."""


def refuse_wrong_kinds(config: Config, typed: Sequence[str]) -> None:
    """Stop where a value cannot be what its `_target_` is annotated to take, before that fails somewhere within.

    Args:
        config: Resolved.
        typed: The command line's overrides: a wrong value is told under the key by which it was typed.

    Raises:
        InputError: A line for each value of another kind.
    """
    needed: dict[str, str] = {}
    for path, value, hint in _annotated(config, ""):
        if not _fits(value, hint):
            needed.setdefault(_as_typed(path, value, typed), _needed(hint))
    if needed:
        raise InputError([f"{argument}: {kind} is needed" for argument, kind in needed.items()])


def _annotated(node: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Every value that goes to an annotated parameter, with its key and the annotation."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, dict):
        return
    hints = _hints(str(node["_target_"])) if "_target_" in node else {}
    for key, value in node.items():
        inner = f"{path}.{key}" if path else str(key)
        if key in hints:
            yield inner, value, hints[key]
        yield from _annotated(value, inner)


def _hints(target: str) -> Mapping[str, Any]:
    """The annotations of what is called; none where they cannot be read, or may be careless: calling it tells more."""
    if target.partition(".")[0] not in ANNOTATED_WITH_CARE:
        return {}
    try:
        called = get_object(target)
        called = called.__init__ if inspect.isclass(called) else called
        stated = inspect.signature(called).parameters
        return {name: _with_default(hint, stated.get(name)) for name, hint in get_type_hints(called).items()}
    except Exception:
        return {}


def _with_default(hint: Any, parameter: inspect.Parameter | None) -> Any:
    """`x: int = None` may be null, too."""
    return hint | None if parameter is not None and parameter.default is None else hint


def _fits(value: Any, hint: Any) -> bool:
    """Whether a plain value can be what an annotation says; what is not understood fits."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return any(_fits(value, type(one)) for one in inner)
    if isinstance(value, dict) and "_target_" in value:
        return True
    if isinstance(value, str) and value.startswith(LEFT_TO_THE_CASES):
        return True
    if (origin or hint) in LISTS:
        return isinstance(value, list) and _fit_in(value, origin, inner)
    if (origin or hint) in DICTS:
        return isinstance(value, dict) and (not inner or all(_fits(one, inner[1]) for one in value.values()))
    return _is_plain(value, hint) if hint in WORDS else True


def _fit_in(values: list[Any], origin: Any, inner: tuple[Any, ...]) -> bool:
    if origin is tuple and inner[-1:] != (...,):
        return len(values) == len(inner) and all(map(_fits, values, inner))
    return not inner or all(_fits(one, inner[0]) for one in values)


def _is_plain(value: Any, kind: type) -> bool:
    if value is None or kind is NoneType:
        return value is None and kind is NoneType
    if kind is int:
        return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is bool:
        return isinstance(value, bool)
    return not isinstance(value, list | dict)  # a name may look like a number


def _needed(hint: Any, *, several: bool = False) -> str:
    """An annotation in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType, Literal):
        kinds = [type(one) for one in inner] if origin is Literal else inner
        return " or ".join(dict.fromkeys(_needed(one, several=several) for one in kinds))
    if (origin or hint) in LISTS:
        count = f"{len(inner)} " if origin is tuple and inner[-1:] != (...,) else ""
        return f"a list of {count}{_needed(inner[0], several=True) if inner else 'values'}, as [A,B],"
    if (origin or hint) in DICTS:
        return "keys with values, as {A: B},"
    return WORDS[hint][several] if hint in WORDS else "values" if several else getattr(hint, "__name__", str(hint))


def _as_typed(path: str, value: Any, typed: Sequence[str]) -> str:
    """`key=value` as it was typed: the value may have come to its place from another key."""
    shown = f"[{','.join(map(str, value))}]" if isinstance(value, list) else "null" if value is None else str(value)
    last = path.rpartition(".")[2]
    alike = [override for override in typed if override.partition("=")[2].strip("\"'") == shown]
    named = [one for one in alike if one.partition("=")[0].lstrip("+").rpartition(".")[2] == last]
    return next(iter([*named, *alike]), f"{path}={shown}")
